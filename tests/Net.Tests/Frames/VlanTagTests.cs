using CsCheck;

namespace QmpRedirector.Net.Tests;

internal sealed class VlanTagTests
{
    [Test]
    public void The_tag_goes_between_the_addresses_and_the_type() => Gen.Select(Gen.Byte.Array[12, 100], Gen.UShort, Gen.UShort)
        .Sample((frame, tpid, tci) =>
        {
            byte[] room = [1, 2, 3, 4, .. frame];
            VlanTag.Insert(room, tpid, tci);
            return room.SequenceEqual([.. frame[..12], .. TestFrames.U16(tpid), .. TestFrames.U16(tci), .. frame[12..]]);
        });

    [Test]
    public void Without_both_addresses_there_is_no_place_for_it() =>
        Assert.That(() => VlanTag.Insert(new byte[15], VlanTag.DefaultTpid, 5), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
