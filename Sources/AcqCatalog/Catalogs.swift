public import AcqCore

/// Opens the catalog that the configuration names.
public enum Catalogs {
  /// `spec` is `sqlite`, kept in `directory` as `catalog.db`, or an address `mongodb://…` or `mongodb+srv://…`.
  public static func open(spec: String, directory: String, log: Log) throws(CatalogError) -> any Catalog {
    let isMongo = spec.hasPrefix("mongodb://") || spec.hasPrefix("mongodb+srv://")
    guard !isMongo else { return try openMongo(spec, log: log) }
    guard spec == "sqlite" else {
      throw CatalogError(.configuration, "catalog must be `sqlite` or an address that begins with mongodb://")
    }
    return try SQLiteCatalog(path: directory + "/catalog.db", log: log)
  }

  private static func openMongo(_ uri: String, log: Log) throws(CatalogError) -> any Catalog {
    #if MongoDB
      return try MongoCatalog(uri: uri, log: log)
    #else
      throw CatalogError(
        .configuration, "this acqd was built without MongoDB: use `catalog: sqlite`, or the full package")
    #endif
  }
}
