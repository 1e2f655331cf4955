// The room of AcqPages; replaced by its first real file.
