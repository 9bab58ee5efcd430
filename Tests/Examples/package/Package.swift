// swift-tools-version: 6.2
import PackageDescription

// A competition whose contract is a value in Swift. Copy this folder and name the repository and a version:
//   .package(url: "https://…/coordinator-node", from: "0.4.0")
let package = Package(
  name: "my-crunch",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "coordinator-node", path: "../../..")],
  targets: [
    .executableTarget(
      name: "my-crunch", dependencies: [.product(name: "CoordinatorNode", package: "coordinator-node")],
      path: "Sources", swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
