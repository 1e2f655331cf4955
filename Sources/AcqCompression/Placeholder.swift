// The room of AcqCompression; replaced by its first real file.
