using Whorl.Client.Links;
using Whorl.Client.Recovery;
using Whorl.Generation;
using Whorl.Models;

namespace Whorl.Client;

/// <summary>A session of a <see cref="CausalModel"/>. Steps allocate nothing once its buffers have grown.</summary>
public sealed class CausalSession : ICausalSession
{
    private readonly CausalModel _model;
    private readonly IBlockSession _blocks;
    private readonly BlockStep _step = new();
    private readonly StepPositions _positions = new();
    private float[] _input = [];
    private float[] _output = [];
    private int _outputLength; // of the last step
    private int[] _kept = [];
    private int? _keptCount; // what the next step's verdict keeps; null for no verdict

    internal CausalSession(CausalModel model, IBlockSession blocks) => (_model, _blocks) = (model, blocks);

    /// <inheritdoc/>
    public int Committed { get; private set; }

    /// <inheritdoc/>
    public ScratchShape Scratch => Abilities.Of(_blocks) switch
    {
        var all when all.HasFlag(SpanAbilities.Trees) => ScratchShape.Trees,
        var some when some.HasFlag(SpanAbilities.Truncate) => ScratchShape.Chains,
        _ => ScratchShape.None,
    };

    /// <summary>Which blocks compute, by which holder, in order.</summary>
    public IReadOnlyList<BlockHolder> Holders => _blocks.Holders;

    /// <summary>What was lost on the way and is there again.</summary>
    public IReadOnlyList<SessionRecovery> Recoveries => (_blocks as IRecoverable)?.Recoveries ?? [];

    /// <inheritdoc/>
    public async ValueTask StepAsync(CausalStep step, CancellationToken cancellationToken)
    {
        int rows = step.Logits.Length / _model.VocabularySize;
        if (step.Logits.Length % _model.VocabularySize != 0 || rows > step.Ids.Length)
        {
            throw new ArgumentException(
                $"room for {step.Logits.Length} logits is not that of at most {step.Ids.Length} rows of {_model.VocabularySize}", nameof(step));
        }

        int width = _model.Ends.BoundarySize, length = checked(step.Ids.Length * width);
        if (_input.Length < length)
        {
            _input = GC.AllocateUninitializedArray<float>(length);
            _output = GC.AllocateUninitializedArray<float>(length);
        }

        _step.Shape = new StepShape
        {
            Rows = step.Ids.Length,
            HasVerdict = _keptCount is not null,
            Keep = _kept.AsMemory(0, _keptCount ?? 0),
            IsScratch = step.IsScratch,
            Parents = step.Parents,
        };
        (_step.Input, _step.Output) = (_input.AsMemory(0, length), _output.AsMemory(0, length));
        _model.Ends.Embed(step.Ids.Span, _positions.Of(_step), _input.AsSpan(0, length));
        _outputLength = 0;
        await _blocks.StepAsync(_step, cancellationToken);
        _outputLength = length;
        _positions.Accept(_step);
        _keptCount = null;
        Committed += step.IsScratch ? 0 : step.Ids.Length;
        if (rows > 0)
        {
            _model.Ends.Logits(_output.AsSpan(length - (rows * width), rows * width), rows, step.Logits.Span);
        }
    }

    /// <inheritdoc/>
    public void Settle(ReadOnlySpan<int> kept)
    {
        if (_keptCount is not null)
        {
            throw new InvalidOperationException("the scratch tokens are settled already");
        }

        if (_kept.Length < kept.Length)
        {
            _kept = new int[2 * kept.Length];
        }

        kept.CopyTo(_kept);
        _keptCount = kept.Length;
        Committed += kept.Length;
    }

    /// <inheritdoc/>
    public ValueTask LogitsAsync(ReadOnlyMemory<int> tokens, Memory<float> logits, CancellationToken cancellationToken)
    {
        if (logits.Length != (long)tokens.Length * _model.VocabularySize)
        {
            throw new ArgumentException($"room for {logits.Length} logits is not that of {tokens.Length} rows of {_model.VocabularySize}", nameof(logits));
        }

        cancellationToken.ThrowIfCancellationRequested();
        _model.Ends.Logits(_output.AsSpan(0, _outputLength), tokens.Span, logits.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _blocks.DisposeAsync();
}
