// Wine 8 has no bcryptprimitives.dll, in which Rust's standard library looks for random numbers on Windows.
// Built beside the programs that run under Wine; nothing of it is part of what users get.
#include <stddef.h>

unsigned char __stdcall SystemFunction036(void *bytes, unsigned long length);

__declspec(dllexport) int ProcessPrng(unsigned char *bytes, size_t length) {
    return SystemFunction036(bytes, (unsigned long)length);
}
