using Whorl.MsgPack;
using Whorl.Protocol.Messages;
using Whorl.Tensors;

namespace Whorl.Protocol.Info;

/// <summary>
/// What rpc_info answers. The schemas are there where a block was asked about; a Python client calls nothing before it has them.
/// </summary>
public sealed record RpcInfo
{
    private const string What = "rpc_info";
    private const int MaxVersionLength = 256;

    /// <summary>The server software's version.</summary>
    public required string Version { get; init; }

    /// <summary>Whether the server stores nothing for the DHT.</summary>
    public bool DhtClientMode { get; init; }

    /// <summary>
    /// Tokens of key-value memory that are free, summed over the server's blocks: free bytes by bytes of K and V of a token in a block.
    /// </summary>
    public long CacheTokensAvailable { get; init; }

    /// <summary>rpc_forward's arguments: the hidden states [batch, tokens, hidden]; prompts are not described.</summary>
    public IReadOnlyList<TensorDescriptor>? ForwardSchema { get; init; }

    /// <summary>rpc_forward's result.</summary>
    public IReadOnlyList<TensorDescriptor>? OutputsSchema { get; init; }

    /// <summary>rpc_inference's arguments: hidden states, prompts, hypothesis ids.</summary>
    public IReadOnlyList<TensorDescriptor>? InferenceSchema { get; init; }

    /// <summary>The schemas as Petals' servers give them.</summary>
    /// <param name="hidden">The model's hidden size.</param>
    /// <param name="type">The type that the server computes and answers in.</param>
    /// <param name="compression">The compression asked of clients.</param>
    public RpcInfo WithSchemas(int hidden, ElementType type, TensorCompression compression = TensorCompression.None)
    {
        const int SchemaTokens = 2048; // what Petals' servers write; clients ignore it
        var states = new TensorDescriptor([1, SchemaTokens, hidden], type, compression);
        return this with
        {
            ForwardSchema = [states],
            OutputsSchema = [states],
            InferenceSchema = [states, new TensorDescriptor([], type), new TensorDescriptor([], ElementType.I64)],
        };
    }

    /// <summary>Reads the map inside an <see cref="ExpertInfo"/>. Keys that are not known are passed over.</summary>
    /// <exception cref="WireFormatException">Not such a map.</exception>
    public static RpcInfo Parse(ReadOnlySpan<byte> bytes)
    {
        var fields = new MapFields(MsgPackReader.ReadMap(bytes, What), What);
        return new RpcInfo
        {
            Version = fields.String("version", MaxVersionLength) ?? throw new WireFormatException($"{What} names no version"),
            DhtClientMode = fields.Boolean("dht_client_mode") ?? false,
            CacheTokensAvailable = fields.Int64("cache_tokens_available") ?? 0,
            ForwardSchema = ReadArguments(fields.Value("forward_schema")),
            OutputsSchema = ReadTensors(fields.Value("outputs_schema")),
            InferenceSchema = ReadArguments(fields.Value("inference_schema")),
        };
    }

    /// <summary>The map's bytes, as Petals' servers write them.</summary>
    public byte[] ToBytes()
    {
        MsgPackMap map = new MsgPackMap()
            .Add("version", Version)
            .Add("dht_client_mode", DhtClientMode)
            .Add("cache_tokens_available", CacheTokensAvailable);
        if (ForwardSchema is not null && OutputsSchema is not null && InferenceSchema is not null)
        {
            map.Add("forward_schema", WriteArguments(ForwardSchema))
                .Add("outputs_schema", WriteTensors(OutputsSchema))
                .Add("keyword_names", MsgPackTuple.Of())
                .Add("inference_schema", WriteArguments(InferenceSchema));
        }

        return MsgPackWriter.Write(map);
    }

    private static IReadOnlyList<TensorDescriptor>? ReadArguments(object? value)
    {
        if (value is null)
        {
            return null;
        }

        return MapFields.Items(value) is [object arguments, MsgPackMap { Entries.Count: 0 }]
            ? ReadTensors(arguments)
            : throw new WireFormatException($"{What}: a schema is not (arguments, no keywords)");
    }

    private static IReadOnlyList<TensorDescriptor>? ReadTensors(object? value)
    {
        if (value is null)
        {
            return null;
        }

        return MapFields.Items(value) is { Count: <= MessageLimits.MaxTensors } items
            ? [.. items.Select(TensorDescriptor.Read)]
            : throw new WireFormatException($"{What}: a schema is not a short sequence of tensors");
    }

    private static MsgPackTuple WriteArguments(IReadOnlyList<TensorDescriptor> tensors) =>
        MsgPackTuple.Of(WriteTensors(tensors), new MsgPackMap());

    private static MsgPackTuple WriteTensors(IReadOnlyList<TensorDescriptor> tensors) => new([.. tensors.Select(tensor => tensor.Write())]);
}
