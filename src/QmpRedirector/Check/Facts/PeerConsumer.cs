using QmpRedirector.Vm;

namespace QmpRedirector.Check.Facts;

/// <summary>What reads a chardev of the consumer's QEMU.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type"><c>filter-redirector</c> or <c>colo-compare</c>.</param>
/// <param name="Indev">The chardev it reads.</param>
/// <param name="Properties">Those object-add would need to make it again, as JSON, in QEMU's order.</param>
/// <param name="Header">The vnet header its netdev's NIC expects; null where it has no netdev.</param>
internal sealed record PeerConsumer(
    string Id, string Type, string Indev, IReadOnlyList<(string Name, string Json)> Properties, VnetHeaderLength? Header)
{
    public const string FilterRedirector = "filter-redirector";
    public const string ColoCompare = "colo-compare";

    public bool VnetHdrSupport => Json("vnet_hdr_support") == "true";

    public string? Queue => Json("queue")?.Trim('"');

    public bool IsOff => Json("status") == "\"off\"";

    private string? Json(string name) => Properties.FirstOrDefault(property => property.Name == name).Json;
}
