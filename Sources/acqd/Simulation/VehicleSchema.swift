/// The message types that the simulator writes.
enum VehicleSchema {
  static let package = "acqsim"

  static let file = ProtobufFile(
    name: "acqsim.proto", package: package,
    enumerations: [
      ("DriveState", ["DRIVE_OFF", "DRIVE_PRECHARGE", "DRIVE_READY", "DRIVE_DRIVING", "DRIVE_STOPPING"]),
      ("PackState", ["PACK_IDLE", "PACK_ACTIVE"]),
      ("ConeColor", ["CONE_UNKNOWN", "CONE_BLUE", "CONE_YELLOW"]),
    ],
    messages: [
      ("Vec3", numbered(("x", .float), ("y", .float), ("z", .float))),
      ("Corners", numbered(("FL", .float), ("FR", .float), ("RL", .float), ("RR", .float))),
      (
        "Imu",
        numbered(
          ("startup_timestamp_ns", .uint64), ("accel_mss", .message("Vec3")), ("gyro_rads", .message("Vec3")))
      ),
      (
        "Gps",
        numbered(
          ("lat_deg", .double), ("lon_deg", .double), ("alt_m", .float), ("speed_ms", .float),
          ("heading_deg", .float), ("satellite_count", .uint32), ("has_fix", .bool))
      ),
      ("WheelSpeeds", numbered(("rpm", .message("Corners")))),
      (
        "Pedals",
        numbered(
          ("accel_percent", .float), ("brake_percent", .float), ("brake_pressed", .bool),
          ("accel_raw", .uint32))
      ),
      ("Steering", numbered(("angle_deg", .float), ("encoder_raw", .sint32))),
      ("Drivetrain", numbered(("torque_nm", .message("Corners")), ("power_w", .float))),
      (
        "Pack",
        numbered(
          ("state", .enumeration("PackState")), ("voltage_v", .float), ("current_a", .float),
          ("soc_percent", .float))
          + [
            ProtobufField(name: "cell_v", number: 5, type: .float, isRepeated: true),
            ProtobufField(name: "cell_temp_c", number: 6, type: .float, isRepeated: true),
          ]
      ),
      (
        "VehicleState",
        numbered(
          ("state", .enumeration("DriveState")), ("ready_to_drive", .bool), ("lap", .uint32),
          ("lap_time_s", .double), ("lap_distance_m", .float), ("driver", .text))
      ),
      ("Cone", numbered(("position_m", .message("Vec3")), ("color", .enumeration("ConeColor")))),
      (
        "Cones",
        numbered(("timestamp_us", .uint64))
          + [ProtobufField(name: "cones", number: 2, type: .message("Cone"), isRepeated: true)]
      ),
    ])

  private static func numbered(_ fields: (String, ProtobufType)...) -> [ProtobufField] {
    fields.enumerated().map { ProtobufField(name: $1.0, number: $0 + 1, type: $1.1) }
  }
}
