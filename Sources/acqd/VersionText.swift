import AcqCore

/// What `acqd --version` prints.
enum VersionText {
  static var text: String {
    """
    acqd \(Version.program)
    protocol \(Version.protocolNumber)
    node database \(Version.nodeDatabase)
    catalog \(Version.catalog) (\(catalogs))

    """
  }

  private static var catalogs: String {
    #if MongoDB
      "SQLite, MongoDB"
    #else
      "SQLite"
    #endif
  }
}
