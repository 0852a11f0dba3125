import NATModel

/// What a box says of the cloud it runs in, without anybody being asked.
///
/// Source: cloud-init's `/run/cloud-init/cloud-id`, which systemd's and the clouds' own images have;
/// else the firmware's tables (`/sys/class/dmi/id`, readable for everybody), as cloud-init's
/// ds-identify reads them.
struct CloudEvidence {
    let files: any HostFiles

    static let cloudInit = "/run/cloud-init/cloud-id"

    /// The cloud; `nil` where the box says of none that natdeck knows.
    func cloud() throws(ReadFailure) -> Cloud? {
        let id = try line(Self.cloudInit)
        switch id {
        // It ran, and found no source of data: the firmware may know better.
        case "", "none", "unknown": return try byFirmware()
        // Parts of a cloud stand apart, such as aws-china.
        case _ where id.hasPrefix("aws"): return .aws
        case _ where id.hasPrefix("azure"): return .azure
        case "gce": return .google
        default: return nil
        }
    }

    private func byFirmware() throws(ReadFailure) -> Cloud? {
        let vendor = try firmware("sys_vendor")
        if vendor == "Amazon EC2" { return .aws }
        // Xen's instances carry the word in the version, and their number begins so.
        let version = try firmware("product_version")
        let number = try line("/sys/hypervisor/uuid").lowercased()
        if version.hasSuffix("amazon") || number.hasPrefix("ec2") { return .aws }
        // Any machine of Hyper-V has this vendor; Azure's alone have this number.
        let tag = try firmware("chassis_asset_tag")
        if vendor == "Microsoft Corporation", tag == "7783-7084-3265-9085-8269-3286-77" {
            return .azure
        }
        // Google makes laptops, too.
        let product = try firmware("product_name")
        if product == "Google Compute Engine" { return .google }
        return nil
    }

    private func firmware(_ name: String) throws(ReadFailure) -> String {
        try line("/sys/class/dmi/id/\(name)")
    }

    /// The only line of a file; an empty text where there is no such file.
    private func line(_ path: String) throws(ReadFailure) -> String {
        guard let contents = try files.read(path) else { return "" }
        return String(decoding: contents, as: UTF8.self).strippedOfControls
    }
}
