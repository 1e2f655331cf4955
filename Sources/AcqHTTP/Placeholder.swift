// The room of AcqHTTP; replaced by its first real file.
