using System.Buffers.Binary;
using System.Text;
using CsCheck;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Links;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class LinkMessageTests
{
    private const ushort NewLink = 16;
    private const ushort DeleteLink = 17;
    private const int HeaderLength = 16;
    private const byte AfBridge = 7;

    [Test]
    public void A_TAP_that_is_held_open_is_up_with_carrier() => Assert.That(Link(CapturedMessages.Tap), Is.EqualTo(new LinkInfo
    {
        Index = 8, Name = "up0", IsUp = true, HasCarrier = true, Kind = "tun", IsTapMode = true, HasVnetHeader = true, IsMultiQueue = false,
        Qdisc = "pfifo_fast",
    }));

    [Test]
    public void A_TAP_that_nobody_holds_is_up_without_carrier()
    {
        var link = Link(CapturedMessages.TapDown);
        Assert.That((link.Index, link.Name, link.IsUp, link.HasCarrier, link.IsTapMode), Is.EqualTo((2, "tap0", true, false, true)));
    }

    [Test]
    public void A_multi_queue_TAP_says_so() => Assert.That(Link(CapturedMessages.MultiQueueTap), Is.EqualTo(new LinkInfo
    {
        Index = 3, Name = "mq0", IsUp = false, HasCarrier = false, Kind = "tun", IsTapMode = true, HasVnetHeader = true,
        IsMultiQueue = true, Qdisc = "noop",
    }));

    [Test]
    public void A_TUN_device_is_of_the_same_kind_in_another_mode()
    {
        var link = Link(CapturedMessages.Tun);
        Assert.That((link.Name, link.Kind, link.IsTapMode, link.HasVnetHeader), Is.EqualTo(("tun0", "tun", false, false)));
    }

    [Test]
    public void Other_kinds_are_named_and_a_plain_device_has_none()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Link(CapturedMessages.Veth).Kind, Is.EqualTo("veth"));
            Assert.That(Link(CapturedMessages.Macvtap).Kind, Is.EqualTo("macvtap"));
            Assert.That(Link(CapturedMessages.Loopback).Kind, Is.Null);
            Assert.That(Link(CapturedMessages.Loopback).Name, Is.EqualTo("lo"));
        }
    }

    [Test]
    public void A_deleted_TAP_is_announced_by_its_index_and_name()
    {
        var (type, payload) = Single(CapturedMessages.TapDeleted);
        var link = LinkMessage.Read(payload)!;
        Assert.That((type, link.Index, link.Name), Is.EqualTo((DeleteLink, 8, "up0")));
    }

    [Test]
    public void A_bridge_announcing_that_a_port_left_it_does_not_say_that_the_TAP_is_gone()
    {
        // net/bridge/br_netlink.c sends RTM_DELLINK with the port's index and name, and only the family tells.
        byte[] message = [.. CapturedMessages.TapDeleted];
        message[HeaderLength] = AfBridge;
        Assert.That(LinkMessage.Read(Single(message).Payload), Is.Null);
    }

    [Test]
    public void A_name_without_a_link_is_answered_with_ENODEV()
    {
        var (type, payload) = Single(CapturedMessages.NoSuchDevice);
        Assert.That((type, LinkMessage.Error(payload)), Is.EqualTo(((ushort)2, 19)));
    }

    [Test]
    public void An_error_cut_short_is_still_an_error() => Assert.That(LinkMessage.Error([1, 2]), Is.EqualTo(22));

    [Test]
    public void Several_messages_of_one_datagram_come_one_after_the_other()
    {
        ReadOnlySpan<byte> datagram = [.. CapturedMessages.Tap, .. CapturedMessages.TapDeleted, .. CapturedMessages.Tun];
        var seen = new List<string>();
        while (LinkMessage.TryTake(ref datagram, out var type, out var payload))
            seen.Add($"{type} {LinkMessage.Read(payload)!.Name}");
        Assert.That(seen, Is.EqualTo((string[])["16 up0", "17 up0", "16 tun0"]));
    }

    [Test]
    public void The_request_is_the_one_iproute2_sends_for_a_name() => Assert.That(
        LinkMessage.GetLinkByName("tap0", 7),
        Is.EqualTo((byte[])
        [
            44, 0, 0, 0, 18, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, // nlmsg_len, RTM_GETLINK, NLM_F_REQUEST, sequence, port
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // ifinfomsg, AF_UNSPEC
            9, 0, 3, 0, (byte)'t', (byte)'a', (byte)'p', (byte)'0', 0, 0, 0, 0, // IFLA_IFNAME, padded to four
        ]));

    [Test]
    public void A_message_longer_than_its_datagram_or_shorter_than_its_header_is_not_taken(
        [Values(0u, 15u, 17u, 0x80000000u, uint.MaxValue)] uint length)
    {
        var datagram = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(datagram, length);
        ReadOnlySpan<byte> rest = datagram;
        Assert.That(LinkMessage.TryTake(ref rest, out _, out _), Is.False);
    }

    [Test]
    public void A_link_without_a_name_is_none() => Assert.That(LinkMessage.Read(new byte[16]), Is.Null);

    [Test]
    public void Unknown_attributes_and_flags_of_their_type_are_passed_over()
    {
        // NLA_F_NESTED (0x8000) marks a type without being part of it.
        byte[] unknown = Attribute(0x3ffe, [1, 2, 3]);
        ReadOnlySpan<byte> payload = [.. new byte[16], .. unknown, .. Attribute(0x8003, Encoding.UTF8.GetBytes("x0\0"))];
        Assert.That(LinkMessage.Read(payload)!.Name, Is.EqualTo("x0"));
    }

    [Test]
    public void No_change_of_any_bytes_makes_reading_throw_or_run_on() =>
        Gen.Select(
            Gen.OneOf(CapturedMessages.Tap, CapturedMessages.MultiQueueTap, CapturedMessages.Tun, CapturedMessages.TapDeleted),
            Gen.Select(Gen.Int[0, 1600], Gen.Byte).Array[0, 12],
            Gen.Int[0, 1600]).Sample((captured, changes, cut) =>
        {
            byte[] message = [.. captured];
            foreach (var (at, value) in changes)
                message[at % message.Length] = value;
            return ReadAll(message.AsSpan(0, Math.Min(cut, message.Length))) <= message.Length / HeaderLength;
        });

    [Test]
    public void No_bytes_at_all_make_reading_throw() =>
        Gen.Byte.Array[0, 400].Sample(bytes =>
        {
            _ = LinkMessage.Read(bytes);
            return ReadAll(bytes) <= bytes.Length / HeaderLength;
        });

    private static int ReadAll(ReadOnlySpan<byte> datagram)
    {
        var messages = 0;
        while (LinkMessage.TryTake(ref datagram, out _, out var payload))
        {
            _ = LinkMessage.Read(payload);
            _ = LinkMessage.Error(payload);
            messages++;
        }

        return messages;
    }

    private static LinkInfo Link(byte[] message)
    {
        var (type, payload) = Single(message);
        Assert.That(type, Is.EqualTo(NewLink));
        return LinkMessage.Read(payload)!;
    }

    private static (ushort Type, byte[] Payload) Single(byte[] message)
    {
        ReadOnlySpan<byte> datagram = message;
        Assert.That(LinkMessage.TryTake(ref datagram, out var type, out var payload), Is.True);
        Assert.That(datagram.Length, Is.Zero, "what follows the message");
        return (type, payload.ToArray());
    }

    private static byte[] Attribute(ushort type, byte[] value)
    {
        var attribute = new byte[(4 + value.Length + 3) & ~3];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), type);
        value.CopyTo(attribute, 4);
        return attribute;
    }
}
