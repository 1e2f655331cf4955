// The room of AcqDaemon; replaced by its first real file.
