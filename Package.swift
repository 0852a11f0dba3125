// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
    name: "natdeck",
    products: [
        .library(
            name: "NATCore", targets: ["NATModel", "NATParse", "NATPlan", "NATDoctor"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    ],
    targets: [
        // The shared core, pure rooms first.
        .target(name: "NATModel", swiftSettings: strict),
        .target(name: "NATParse", dependencies: ["NATModel"], swiftSettings: strict),
        .target(name: "NATPlan", dependencies: ["NATModel"], swiftSettings: strict),
        .target(name: "NATDoctor", dependencies: ["NATModel", "NATPlan"], swiftSettings: strict),
        .testTarget(name: "NATModelTests", dependencies: ["NATModel"], swiftSettings: strict),
    ]
)
