//! Where networks run.
