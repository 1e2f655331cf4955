// The room of AcqExport; replaced by its first real file.
