using Whorl.P2P;
using Whorl.Protocol.Info;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Rpc;
using Whorl.Protocol.Tensors;
using Whorl.Tensors;

namespace Whorl.Client.Petals;

/// <summary>A server of a Petals swarm, and in what form it takes hidden states.</summary>
/// <param name="Rpc">Calls it.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Prefix">The model's prefix in the swarm.</param>
/// <param name="Info">What it says of itself, with schemas.</param>
/// <param name="Options">How it is called.</param>
internal sealed record PetalsPeer(RpcClient Rpc, PeerAddress Address, string Prefix, RpcInfo Info, PetalsClientOptions Options)
{
    public const string InfoMethod = "TransformerConnectionHandler.rpc_info";
    public const string InferenceMethod = "TransformerConnectionHandler.rpc_inference";
    public const string ForwardMethod = "TransformerConnectionHandler.rpc_forward";
    public const string ForwardStreamMethod = "TransformerConnectionHandler.rpc_forward_stream";

    private static readonly Version FirstThatRollsBack = new(2, 3);

    /// <summary>What it is called in messages.</summary>
    public string Name => Address.Id?.ToString() ?? Address.ToString();

    /// <summary>The type it computes and answers in.</summary>
    public ElementType Type => Info.OutputsSchema![0].Type;

    /// <summary>Width of a hidden state.</summary>
    public int Width => Info.ForwardSchema![0].Dimensions[^1];

    /// <summary>Whether it heeds start_from_position. Petals 2.2.0 passes over it without a word, and would go on computing wrongly.</summary>
    public bool RollsBack
    {
        get
        {
            string number = new([.. Info.Version.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
            return Version.TryParse(number.TrimEnd('.'), out Version? version) && version >= FirstThatRollsBack;
        }
    }

    /// <summary>Hidden states as it wants them: in its own type, to which it would round them anyway, unless the compression takes only float32.</summary>
    public TensorMessage Encode(ReadOnlySpan<float> hidden, IReadOnlyList<int> shape, TensorCompression compression)
    {
        ElementType type = compression == TensorCompression.None ? Type : ElementType.F32;
        return TensorCodec.Encode(WireArray.FromSingles(hidden, shape, type), hidden.IsEmpty ? TensorCompression.None : compression);
    }

    /// <summary>Restores an answer.</summary>
    /// <param name="tensors">The answer's tensors: one.</param>
    /// <param name="shape">The shape that it must have.</param>
    /// <param name="output">Receives the values.</param>
    /// <exception cref="FormatException">It is another tensor.</exception>
    public static void Decode(IReadOnlyList<TensorMessage> tensors, IReadOnlyList<int> shape, Span<float> output)
    {
        if (tensors.Count != 1 || !tensors[0].Shape.SequenceEqual(shape))
        {
            string got = string.Join(" and ", tensors.Select(t => $"[{string.Join(", ", t.Shape)}]"));
            throw new FormatException($"{(got.Length == 0 ? "nothing" : got)} instead of [{string.Join(", ", shape)}]");
        }

        TensorCodec.Decode(tensors[0]).CopyTo(output);
    }

    /// <summary>Asks whether it is there: for any answer.</summary>
    public async Task ProbeAsync(CancellationToken cancellationToken) =>
        await Rpc.CallAsync(Address, InfoMethod, new ExpertUid("").ToBytes(), Options.InfoTimeout, cancellationToken);

    /// <summary>
    /// The failure that a server's error stands for. Whether the server is to blame or what it was asked for its words do not tell: another
    /// server may do better.
    /// </summary>
    public SpanRefusedException Refusal(Models.BlockRange range, RpcErrorException error)
    {
        bool memory = error.Message.Contains("Could not allocate", StringComparison.Ordinal) || error.Message.Contains("cache is full", StringComparison.Ordinal);
        return new SpanRefusedException(
            Name, range, memory ? Protocol.SpanFailureCode.OutOfMemory : Protocol.SpanFailureCode.Internal, error.Message);
    }
}
