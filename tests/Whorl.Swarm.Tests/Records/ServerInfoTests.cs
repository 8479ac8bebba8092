using System.Text.Json;
using Whorl.Dht.Records;
using Whorl.MsgPack;
using Whorl.Testing;

namespace Whorl.Swarm.Tests.Records;

public sealed class ServerInfoTests
{
    private const string Golden =
        "c7cb409302cb3ff00000000000008dab73746172745f626c6f636b00a9656e645f626c6f636b05ab7075626c69635f6e616d65c0a776657273696f6eaa32"
        + "2e332e302e64657632ab6e6574776f726b5f727073c0ab666f72776172645f727073c0ad696e666572656e63655f727073c0a86164617074657273d44090"
        + "ab746f7263685f6474797065a7666c6f61743332aa7175616e745f74797065a46e6f6e65ab7573696e675f72656c6179c2b163616368655f746f6b656e73"
        + "5f6c656674cd5000aa6e6578745f70696e677380";

    private static readonly ServerInfo Sample = new()
    {
        State = ServerState.Online,
        Throughput = 1.0,
        StartBlock = 0,
        EndBlock = 5,
        Version = "2.3.0.dev2",
        TorchDtype = "float32",
        QuantType = "none",
        UsingRelay = false,
        CacheTokensLeft = 20480,
        NextPings = new Dictionary<string, double>(),
    };

    [Fact]
    public void An_announcement_has_the_golden_bytes()
    {
        Assert.Equal(206, Sample.ToBytes().Length);
        Assert.Equal(Golden, Convert.ToHexStringLower(Sample.ToBytes()));
        Assert.Equal(Golden, Convert.ToHexStringLower(ServerInfo.Parse(Convert.FromHexString(Golden)).ToBytes()));
    }

    [Fact]
    public void Adapters_and_pings_have_the_golden_bytes()
    {
        ServerInfo info = Sample with
        {
            Adapters = ["artek0chumak/bloom-560m-safe-peft"],
            NextPings = new Dictionary<string, double> { ["Qm"] = 0.0125, ["Qn"] = double.PositiveInfinity },
        };
        string hex = Convert.ToHexStringLower(info.ToBytes());

        Assert.Contains("c7244091d921", hex, StringComparison.Ordinal);
        Assert.Contains("cb3f8999999999999a", hex, StringComparison.Ordinal);
        Assert.EndsWith("cb7ff0000000000000", hex, StringComparison.Ordinal);
        ServerInfo read = ServerInfo.Parse(info.ToBytes());
        Assert.Equal(info.Adapters, read.Adapters);
        Assert.Equal(info.NextPings, read.NextPings);
    }

    [Fact]
    public void Names_in_an_announcement_cannot_drive_the_terminal_on_which_they_are_shown()
    {
        ServerInfo read = ServerInfo.Parse((Sample with
        {
            PublicName = "\u001b]0;title\u0007 my\nserver",
            Version = "2.3\u001b[2J",
            TorchDtype = "float32\u202E",
            QuantType = "\u009b31mnone",
            Adapters = ["an\u001b[31madapter"],
        }).ToBytes());

        Assert.Equal(("my server", "2.3", "float32", "none", "anadapter"), (read.PublicName, read.Version, read.TorchDtype, read.QuantType, read.Adapters[0]));
        Assert.Equal("http://ab", ModelInfo.Parse(new ModelInfo(1, "http://a\u001b[2Jb").ToBytes()).Repository);
    }

    [Fact]
    public void A_model_has_the_golden_bytes()
    {
        ModelInfo info = new(24, "https://huggingface.co/bigscience/bloom-560m");
        string hex = "82aa6e756d5f626c6f636b7318aa7265706f7369746f7279d92c68747470733a2f2f68756767696e67666163652e636f2f626967736369656e63652f626c6f6f6d2d3536306d";

        Assert.Equal(hex, Convert.ToHexStringLower(info.ToBytes()));
        Assert.Equal(info, ModelInfo.Parse(info.ToBytes()));
        Assert.Null(ModelInfo.Parse(new ModelInfo(4, null).ToBytes()).Repository);
    }

    [Fact]
    public void Integers_for_rates_and_floats_for_indices_are_refused_as_petals_refuses_them()
    {
        (object? State, object? Throughput, string Key, object? Value)[] wrong =
        [
            (2L, 1L, "version", "x"), (3L, 1.0, "version", "x"), (2.0, 1.0, "version", "x"), (2L, -1.0, "version", "x"), (
                2L, double.NaN, "version", "x"),
            (2L, double.PositiveInfinity, "version", "x"), (2L, 1.0, "start_block", 1.0), (2L, 1.0, "start_block", -1L), (
                2L, 1.0, "cache_tokens_left", 1.0),
            (2L, 1.0, "inference_rps", 1L), (2L, 1.0, "inference_rps", double.PositiveInfinity), (
                2L, 1.0, "version", 5L), (2L, 1.0, "using_relay", 1L),
            (2L, 1.0, "adapters", "x"), (2L, 1.0, "adapters", MsgPackTuple.Of(1L)), (2L, 1.0, "next_pings", new MsgPackMap().Add("Qm", 1L)),
            (2L, 1.0, "next_pings", new MsgPackMap().Add("Qm", -1.0)),
        ];
        foreach ((object? state, object? throughput, string key, object? value) in wrong)
        {
            byte[] bytes = MsgPackWriter.Write(MsgPackTuple.Of(state, throughput, new MsgPackMap().Add(key, value)));
            Assert.Throws<WireFormatException>(() => ServerInfo.Parse(bytes));
        }
    }

    [Fact]
    public void A_plain_array_without_a_map_and_unknown_keys_are_read()
    {
        Assert.Equal(2.5, ServerInfo.Parse(MsgPackWriter.Write(new List<object?> { 1L, 2.5 })).Throughput);
        ServerInfo info =
            ServerInfo.Parse(MsgPackWriter.Write(MsgPackTuple.Of(1L, 2.5, new MsgPackMap().Add("later", 1L).Add("start_block", 3L))));
        Assert.Equal((ServerState.Joining, 3), (info.State, info.StartBlock));
    }

    [Fact]
    public void Every_recorded_announcement_is_read_and_written_back_to_the_same_bytes()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.PathOf("golden", "petals", "dht-records.json")));
        int servers = 0;
        int models = 0;
        foreach (JsonElement item in document.RootElement.GetProperty("stores").EnumerateArray().SelectMany(
            store => store.GetProperty("items").EnumerateArray()))
        {
            string key = item.GetProperty("key").GetString()!;
            byte[] value = Convert.FromHexString(item.GetProperty("value_hex").GetString()!);
            bool whole = item.GetProperty("subkey_hex").GetString()!.Length == 0;
            IEnumerable<byte[]> values = whole && DictionaryValue.Parse(default, value, () => 0) is { } dictionary
                ? dictionary.Items.Values.Select(entry => entry.Value.ToArray())
                : [value];
            foreach (byte[] one in values)
            {
                if (key.StartsWith("golden-hf.", StringComparison.Ordinal))
                {
                    Assert.Equal(one, ServerInfo.Parse(one).ToBytes());
                    servers++;
                }
                else if (key == SwarmDirectory.ModelsKey)
                {
                    Assert.Equal(one, ModelInfo.Parse(one).ToBytes());
                    models++;
                }
            }
        }

        Assert.True(servers > 20 && models > 5, $"{servers} servers, {models} models");
    }

    [Fact]
    public void Any_bytes_give_an_announcement_or_a_wire_format_exception()
    {
        int read = 0;
        foreach (byte[] bytes in Fuzz.Mutations(Convert.FromHexString(Golden), 10_000, new Random(12)))
        {
            read += Fuzz.Accepts<WireFormatException>(() => ServerInfo.Parse(bytes)) ? 1 : 0;
            Fuzz.Accepts<WireFormatException>(() => ModelInfo.Parse(bytes));
        }

        Assert.InRange(read, 1, 9_999);
    }
}
