using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Abi;

/// <summary>The interop's structures and constants against the C headers of this machine.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class AbiTests
{
    [Test]
    public async Task Every_constant_has_the_headers_value() => await HoldAsync(InteropClaims.Constants());

    [Test]
    public async Task Every_structure_has_the_headers_layout()
    {
        var structures = InteropClaims.Structures().ToList();
        Assert.That(structures, Does.Contain(typeof(sockaddr_ll)).And.Contain(typeof(tpacket2_hdr)), "the structures are found");
        await HoldAsync(structures.SelectMany(InteropClaims.Layout));
    }

    [Test]
    public async Task The_numbers_that_stand_beside_the_constants_have_the_headers_value() => await HoldAsync(InteropClaims.Elsewhere());

    [Test]
    public void Every_structure_of_the_interop_is_either_Cs_or_known_to_be_the_librarys_own()
    {
        var own = typeof(Constants).Assembly.GetTypes()
            .Where(type => type is { IsValueType: true, IsEnum: false, IsNested: false, Namespace: "QmpRedirector.Net.Interop" })
            .Except(InteropClaims.Structures());
        Assert.That(own, Is.EquivalentTo((Type[])
        [
            typeof(AnyFront), typeof(BlockRun), typeof(FrameMetadata), typeof(MergeableFront), typeof(RingBlock), typeof(RingClaim),
            typeof(RingGeometry), typeof(RingSlot), typeof(RunTotals), typeof(SlotRun), typeof(UsualFrame),
        ]));
    }

    [Test]
    public void Marshalling_changes_no_structure()
    {
        var sizeOf = typeof(Unsafe).GetMethod("SizeOf")!;
        using (Assert.EnterMultipleScope())
        {
            // The calls pass pointers, so the layout that counts is the managed one; Marshal, which is asked for offsets, must see the
            // same.
            foreach (var type in InteropClaims.Structures())
                Assert.That(sizeOf.MakeGenericMethod(type).Invoke(null, null), Is.EqualTo(Marshal.SizeOf(type)), type.Name);
            var fields = InteropClaims.Structures().SelectMany(Fields).Select(field => field.FieldType);
            Assert.That(fields, Has.None.EqualTo(typeof(bool)).And.None.EqualTo(typeof(char)));
        }

        static FieldInfo[] Fields(Type type) => type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);
    }

    [TestCase("(long long)(PACKET_AUXDATA) == 9LL")]
    [TestCase("offsetof(struct sockaddr_ll, sll_addr) == 16")]
    [TestCase("sizeof(struct tpacket_auxdata) == 24")]
    public async Task A_wrong_value_is_refuted_by_name(string wrong) =>
        Assert.That(await CHeaders.RefuteAsync(["sizeof(int) == 4", wrong]), Does.Contain("static assertion failed").And.Contain(wrong));

    [TestCase("(long long)(PACKET_NO_SUCH_THING) == 1LL", "PACKET_NO_SUCH_THING")]
    [TestCase("sizeof(struct no_such_struct) == 8", "no_such_struct")]
    [TestCase("offsetof(struct sockaddr_ll, sll_no_such_field) == 0", "sll_no_such_field")]
    public async Task A_name_the_headers_do_not_have_is_refuted(string unknown, string name) =>
        Assert.That(await CHeaders.RefuteAsync([unknown]), Does.Contain("error").And.Contain(name));

    private static async Task HoldAsync(IEnumerable<string> claims)
    {
        var list = claims.ToList();
        Assert.That(list, Is.Not.Empty);
        Assert.That(await CHeaders.RefuteAsync(list), Is.Null);
    }
}
