using Whorl.Protocol.Info;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.Metadata;

public sealed class RpcInfoTests
{
    private static readonly RpcInfo Sample =
        new RpcInfo { Version = "2.3.0.dev2", CacheTokensAvailable = 20480 }.WithSchemas(1024, ElementType.BF16);

    [Fact]
    public void The_schemas_have_the_golden_bytes()
    {
        byte[] bytes = Sample.ToBytes();
        string hex = Convert.ToHexStringLower(bytes);

        Assert.Equal(782, bytes.Length);
        Assert.StartsWith("87a776657273696f6eaa", hex, StringComparison.Ordinal);
        Assert.Contains(
            "c77f5188a473697a65c7094094c001cd0800cd0400a56474797065ae746f7263682e62666c6f61743136a66c61796f7574ad746f7263682e73747269646564ad"
            + "72657175697265735f67726164c2aa70696e5f6d656d6f7279c2ab636f6d7072657373696f6e00ab6465766963655f74797065c0ac6465766963655f696e646578c0",
            hex,
            StringComparison.Ordinal);
        Assert.Contains("a473697a65d54091c0", hex, StringComparison.Ordinal);
        Assert.Contains("c8017a4092c801744093", hex, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_block_there_are_no_schemas()
    {
        RpcInfo read = RpcInfo.Parse(new RpcInfo { Version = "1", DhtClientMode = true, CacheTokensAvailable = 1L << 40 }.ToBytes());

        Assert.Null(read.ForwardSchema);
        Assert.Equal((true, 1L << 40), (read.DhtClientMode, read.CacheTokensAvailable));
    }

    [Fact]
    public void Any_bytes_give_info_or_a_wire_format_exception()
    {
        int read = 0;
        foreach (byte[] bytes in Fuzz.Mutations(Sample.ToBytes(), 20_000, new Random(6)))
        {
            read += Fuzz.Accepts<WireFormatException>(() => RpcInfo.Parse(bytes)) ? 1 : 0;
        }

        Assert.InRange(read, 1, 19_999);
    }
}
