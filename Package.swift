// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    // The types that code uses are found at their symbols and not by names: to look names up is a tenth
    // of a command's time.
    .unsafeFlags(
        ["-Xfrontend", "-disable-concrete-type-metadata-mangled-name-accessors"],
        .when(configuration: .release)),
]

let package = Package(
    name: "natdeck",
    products: [
        .library(
            name: "NATCore", targets: ["NATModel", "NATParse", "NATPlan", "NATDoctor", "NATHost"]),
        .executable(name: "natdeck", targets: ["natdeck"]),
        .executable(name: "natdeck-lab", targets: ["natdeck-lab"]),
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
        // What the C library offers and Swift's module for it leaves out.
        .target(name: "CHost"),
        .target(
            name: "NATHost",
            dependencies: [
                "CHost", "NATModel", "NATParse", "NATPlan",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),
        // The screen: cells and keys, what is on it, and the terminal that sends it.
        .target(name: "NATScreen", swiftSettings: strict),
        .target(
            name: "NATDashboard",
            dependencies: ["NATScreen", "NATModel", "NATPlan", "NATDoctor"],
            swiftSettings: strict),
        .target(
            name: "CTerminal",
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]
        ),
        .target(
            name: "NATTerminal",
            dependencies: ["CTerminal", "NATScreen"],
            swiftSettings: strict
        ),
        // The scenario in network namespaces.
        .target(
            name: "NATLab",
            dependencies: [
                "CHost", "NATModel", "NATHost",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "natdeck",
            dependencies: [
                "NATModel", "NATParse", "NATPlan", "NATDoctor", "NATHost", "NATScreen",
                "NATDashboard", "NATTerminal", "CHost",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict,
            // The static standard library exports every public symbol for plug-ins, which there
            // are none of: 1.3 MB of names would be resident.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--no-export-dynamic"])]
        ),
        // Labs and the demonstration: what they need is no part of the program on the box.
        .executableTarget(
            name: "natdeck-lab",
            dependencies: [
                "NATHost", "NATModel", "NATLab",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "NATDashboardTests",
            dependencies: [
                "NATDashboard", "NATScreen", "NATDoctor", "NATModel", "NATPlan", "natdeck",
            ],
            exclude: ["Goldens", "Scripts"],
            swiftSettings: strict
        ),
        // Opens the terminal for the tests of NATTerminal, which watch it through a pty.
        .executableTarget(
            name: "terminal-probe",
            dependencies: ["NATTerminal", "NATScreen"],
            path: "Tests/TerminalProbe",
            swiftSettings: strict
        ),
        .testTarget(
            name: "NATTerminalTests",
            dependencies: ["NATTerminal", "NATScreen", "NATTesting", "terminal-probe"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "NATLabTests",
            dependencies: ["NATLab", "NATHost", "NATModel", "natdeck", "natdeck-lab"],
            swiftSettings: strict),
        // The whole program in the lab: every sentence about packets is tried with packets.
        .testTarget(
            name: "NATPacketTests",
            dependencies: [
                "NATLab", "NATHost", "NATModel", "NATParse", "NATTesting", "natdeck",
                "natdeck-lab",
            ],
            swiftSettings: strict),
        // What the program tells of itself, and how it is installed.
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "NATLab", "NATTesting", "NATHost", "NATModel", "NATDoctor", "NATScreen", "natdeck",
                "natdeck-lab",
            ],
            exclude: ["Goldens"], swiftSettings: strict),
        // Doubles for the tests: a box that behaves as ip, iptables and sysctl do.
        .target(
            name: "NATTesting", dependencies: ["NATModel", "NATParse", "NATPlan", "NATHost"],
            path: "Tests/NATTesting", swiftSettings: strict),
        .testTarget(name: "NATScreenTests", dependencies: ["NATScreen"], swiftSettings: strict),
        .testTarget(name: "NATModelTests", dependencies: ["NATModel"], swiftSettings: strict),
        .testTarget(
            name: "NATParseTests", dependencies: ["NATModel", "NATParse", "NATHost", "NATTesting"],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "NATPlanTests", dependencies: ["NATModel", "NATPlan", "NATHost", "NATTesting"],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "NATDoctorTests",
            dependencies: ["NATModel", "NATPlan", "NATDoctor", "NATHost", "NATTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "NATHostTests",
            dependencies: [
                "NATModel", "NATPlan", "NATDoctor", "NATHost", "NATTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
    ]
)
