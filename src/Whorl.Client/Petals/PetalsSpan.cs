using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Info;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Rpc;
using Whorl.Protocol.Tensors;
using Whorl.Tensors;
using TensorParts = Whorl.Protocol.Tensors.TensorParts;

namespace Whorl.Client.Petals;

/// <summary>Blocks that a server of a Petals swarm holds: Python's or Whorl's.</summary>
/// <remarks>
/// Petals has no way to say which weights a server computes with, nor that two servers compute the same bytes; the contract of all spans of a
/// prefix is therefore the same, and says only the prefix. Sessions compute texts and chains of scratch tokens, no trees.
/// </remarks>
public sealed class PetalsSpan : IBlockSpan
{
    /// <summary>The most bytes of tensors that travel in a unary call, as Petals' client has it.</summary>
    private const long MaxUnaryTensorBytes = 1 << 20;

    /// <summary>The longest answer to a step that is taken, whatever the session's length.</summary>
    private const int MaxStepBytes = 1 << 30;

    private readonly PetalsPeer _peer;

    private PetalsSpan(PetalsPeer peer, BlockRange range)
    {
        (_peer, Range) = (peer, range);
        Contract = new SpanContract($"petals:{peer.Prefix}", ActivationFormat.F32, BoundaryFormat.F32);
    }

    /// <summary>What the server is called in messages: its peer id.</summary>
    public string Name => _peer.Name;

    /// <summary>What the server says of itself.</summary>
    public RpcInfo Info => _peer.Info;

    /// <inheritdoc/>
    public BlockRange Range { get; }

    /// <inheritdoc/>
    public int BoundarySize => _peer.Width;

    /// <inheritdoc/>
    public SpanContract Contract { get; }

    /// <summary>Asks a server how it wants to be called.</summary>
    /// <param name="rpc">Calls it.</param>
    /// <param name="peer">The server.</param>
    /// <param name="prefix">The model's prefix in the swarm.</param>
    /// <param name="range">The blocks it announces; that it serves the first one is asked, the others show when they are used.</param>
    /// <param name="options">How it is called.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="SpanRefusedException">It does not serve the block.</exception>
    /// <exception cref="IOException">It cannot be reached.</exception>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    /// <exception cref="WireFormatException">Its answer is none, or it wants other tensors than Petals' servers do.</exception>
    public static async Task<PetalsSpan> ConnectAsync(
        RpcClient rpc, PeerAddress peer, string prefix, BlockRange range, PetalsClientOptions options, CancellationToken cancellationToken)
    {
        byte[] request = new ExpertUid(new ModuleUid(prefix, range.First).ToString()).ToBytes();
        try
        {
            ReadOnlyMemory<byte> answer = await rpc.CallAsync(peer, PetalsPeer.InfoMethod, request, options.InfoTimeout, cancellationToken);
            RpcInfo info = RpcInfo.Parse(ExpertInfo.Parse(answer.Span).SerializedInfo.Span);
            return info is { ForwardSchema: [{ Dimensions: [.., > 0] }, ..], OutputsSchema: [_], InferenceSchema.Count: >= 3 }
                ? new PetalsSpan(new PetalsPeer(rpc, peer, prefix, info, options), range)
                : throw new WireFormatException($"{peer.Id} describes other arguments than hidden states, prompts and hypothesis ids");
        }
        catch (RpcErrorException e)
        {
            throw new SpanRefusedException(peer.Id?.ToString() ?? peer.ToString(), range, Protocol.SpanFailureCode.BadRequest, e.Message);
        }
    }

    /// <summary>Opens a session. The server takes memory for it at the first step, and refuses there.</summary>
    /// <inheritdoc cref="IBlockSpan.OpenAsync"/>
    /// <exception cref="IOException">The server cannot be reached.</exception>
    public async ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken)
    {
        CheckRange(options.Range);
        try
        {
            RpcCall call = await _peer.Rpc.OpenAsync(_peer.Address, PetalsPeer.InferenceMethod, _peer.Options.ConnectTimeout, cancellationToken);
            long longest = ((long)options.MaxLength + options.MaxScratch) * BoundarySize * sizeof(double);
            call.MaxResponseBytes = (int)Math.Min(RpcLimits.MaxFrameBytes + longest, MaxStepBytes);
            return new Links.PetalsLink(_peer, call, options);
        }
        catch (TimeoutException e)
        {
            throw new SessionLostException(Name, options.Range, e);
        }
    }

    /// <summary>Passes hidden states through blocks, without a session.</summary>
    /// <param name="hidden"><c>[batch, rows, boundary]</c>.</param>
    /// <param name="batch">Sequences, at least 1.</param>
    /// <param name="range">Which of the blocks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What leaves the last block, <c>[batch, rows, boundary]</c>.</returns>
    /// <exception cref="SpanRefusedException">The server refuses.</exception>
    /// <exception cref="BadAnswerException">The server answers what is no answer.</exception>
    /// <exception cref="IOException">The server is gone.</exception>
    /// <exception cref="TimeoutException">The server does not answer.</exception>
    public async Task<float[]> ForwardAsync(ReadOnlyMemory<float> hidden, int batch, BlockRange range, CancellationToken cancellationToken)
    {
        CheckRange(range);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        int rows = hidden.Length / batch / BoundarySize;
        if ((long)batch * rows * BoundarySize != hidden.Length)
        {
            throw new ShapeMismatchException("rpc_forward", $"{batch} sequences of rows of {BoundarySize}", $"{hidden.Length} values");
        }

        int[] shape = [batch, rows, BoundarySize];
        TensorMessage states = _peer.Encode(hidden.Span, shape, Info.ForwardSchema![0].Compression);
        ExpertRequest request = new(ModuleUid.Chain(_peer.Prefix, range.First, range.Last + 1), [states, NoPrompts()], ForwardMetadata().ToBytes());
        bool fits = (long)hidden.Length * DataTypes.SizeOf(DataTypes.Parse(states.DataType)) <= MaxUnaryTensorBytes;
        try
        {
            float[] output = new float[hidden.Length];
            PetalsPeer.Decode(await (fits ? CallAsync(request, cancellationToken) : StreamAsync(request, hidden.Length, cancellationToken)), shape, output);
            Links.Answers.RequireFinite(Name, range, output);
            return output;
        }
        catch (FormatException e)
        {
            throw new BadAnswerException(Name, range, e.Message, e);
        }
        catch (RpcErrorException e)
        {
            throw _peer.Refusal(range, e);
        }
    }

    /// <summary>Petals' way to say "no prompts".</summary>
    internal static TensorMessage NoPrompts() => TensorCodec.Encode(WireArray.FromSingles([], [0]));

    private static RequestMetadata ForwardMetadata() => new() { Points = 0, Arguments = [0, 1] };

    private void CheckRange(BlockRange range)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(range.First, Range.First, nameof(range));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.Last, Range.Last, nameof(range));
        ArgumentOutOfRangeException.ThrowIfLessThan(range.Count, 1, nameof(range));
    }

    private async Task<IReadOnlyList<TensorMessage>> CallAsync(ExpertRequest request, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer =
            await _peer.Rpc.CallAsync(_peer.Address, PetalsPeer.ForwardMethod, request.ToBytes(), _peer.Options.RequestTimeout, cancellationToken);
        return ExpertResponse.Parse(answer.Span).Tensors;
    }

    private async Task<IReadOnlyList<TensorMessage>> StreamAsync(ExpertRequest request, int values, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(_peer.Options.RequestTimeout, _peer.Rpc.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await using RpcCall call = await _peer.Rpc.OpenAsync(_peer.Address, PetalsPeer.ForwardStreamMethod, _peer.Options.ConnectTimeout, either.Token);
            foreach (TensorMessage part in request.Tensors.SelectMany(tensor => TensorParts.Split(tensor)))
            {
                await call.SendAsync((request with { Tensors = [part] }).ToBytes(), either.Token);
            }

            await call.CompleteAsync(either.Token);
            TensorAssembler assembler = new((long)values * sizeof(double) + MessageLimits.PartBytes);
            await foreach (ReadOnlyMemory<byte> message in call.ReceiveAllAsync(either.Token))
            {
                foreach (TensorMessage tensor in ExpertResponse.Parse(message.Span).Tensors)
                {
                    assembler.Add(tensor);
                }
            }

            return assembler.Finish();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{Name} did not answer within {_peer.Options.RequestTimeout.TotalSeconds:0.###} s");
        }
    }
}
