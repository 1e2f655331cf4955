// The room of AcqStore; replaced by its first real file.
