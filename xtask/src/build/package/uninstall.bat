@echo off
rem Removes what install.bat installed. Your library and settings stay.
setlocal
set "plugins=%LOCALAPPDATA%\Programs\Common"
set "program=%LOCALAPPDATA%\Programs\Songweave"
del /q "%plugins%\CLAP\Songweave.clap" 2>nul
rmdir /s /q "%plugins%\VST3\Songweave.vst3" 2>nul
del /q "%program%\songweave.exe" 2>nul
rmdir "%program%" 2>nul
if exist "%plugins%\CLAP\Songweave.clap" goto failed
if exist "%plugins%\VST3\Songweave.vst3" goto failed
echo removed
exit /b 0
:failed
echo Something could not be removed. Close programs that have Songweave open, and try again.
exit /b 1
