// The room of AcqCatalog; replaced by its first real file.
