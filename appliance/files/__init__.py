"""The bytes of files: sealed objects on disk, uploads on their way, the fenced worker and the virus scanner."""
