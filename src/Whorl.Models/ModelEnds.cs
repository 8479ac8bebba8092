using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// What stands before the first block and behind the last: embeddings, final norm and head. The client's part of a model.
/// </summary>
/// <remarks>May be used by many threads: it locks its backend while it computes.</remarks>
public sealed class ModelEnds : IDisposable
{
    private readonly DecoderSpec _spec;
    private readonly IBackend _backend;
    private readonly IDisposable _weights;
    private readonly Matrix _embedding;
    private readonly Matrix? _positions;
    private readonly LinearWeight? _projectIn;
    private readonly LinearWeight? _projectOut;
    private readonly LinearWeight _head;
    private readonly Norm? _embeddingNorm;
    private readonly Norm? _finalNorm;
    private int[] _rows = [];

    private ModelEnds(DecoderSpec spec, WeightLoader loader)
    {
        (_spec, _backend) = (spec, loader.Backend);
        _embedding = loader.Matrix(Role.Embedding, spec.VocabularySize, FinalSize);
        _positions = spec.Positions is { } table
            ? loader.Matrix(Role.Positions, checked(table.Count + table.Offset), spec.HiddenSize)
            : null;
        _projectIn = spec.EmbeddingSize is { } width ? loader.Linear(Role.ProjectIn, spec.HiddenSize, width).Weight : null;
        _projectOut = spec.EmbeddingSize is { } final ? loader.Linear(Role.ProjectOut, final, spec.HiddenSize).Weight : null;
        bool tied = spec.TiedHead ?? !loader.Has(Role.Head);
        _head = tied ? new LinearWeight(_embedding) : loader.Linear(Role.Head, spec.VocabularySize, FinalSize).Weight;
        _embeddingNorm = Norm.Load(loader, spec.EmbeddingNorm, spec.HiddenSize);
        _finalNorm = Norm.Load(loader, spec.FinalNorm, spec.HiddenSize);
        _weights = loader.Take();
    }

    /// <summary>Number of ids, and of logits.</summary>
    public int VocabularySize => _spec.VocabularySize;

    /// <summary>Width of what enters the first block.</summary>
    public int BoundarySize => _spec.BoundarySize;

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize => _spec.HiddenSize;

    /// <summary>Width of the head's input.</summary>
    public int FinalSize => _spec.EmbeddingSize ?? _spec.HiddenSize;

    /// <summary>Loads the weights; no block's bytes are read.</summary>
    /// <param name="model">The model.</param>
    /// <param name="backend">Who computes; not disposed with the ends.</param>
    /// <exception cref="Whorl.Formats.ModelFormatException">A tensor is missing or of another shape.</exception>
    public static ModelEnds Load(ModelSource model, IBackend backend)
    {
        using WeightLoader loader = model.CreateLoader(backend);
        return new ModelEnds(model.Spec, loader);
    }

    /// <summary>What enters the first block.</summary>
    /// <param name="ids">Ids, each below the vocabulary's size.</param>
    /// <param name="positions">Each one's position in its text; see <see cref="StepPositions"/>.</param>
    /// <param name="boundary">Receives <c>[ids, boundary]</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An id is not in the vocabulary, or a position is beyond those that the model has learned.
    /// </exception>
    public void Embed(ReadOnlySpan<int> ids, ReadOnlySpan<int> positions, Span<float> boundary)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(positions.Length, ids.Length, nameof(positions));
        lock (_backend)
        {
            long mark = _backend.Mark();
            try
            {
                Tensor x = _backend.Gather(_embedding, ids);
                x = _spec.EmbeddingScale == 1 ? x : _backend.Scale(x, _spec.EmbeddingScale);
                x = _projectIn is null ? x : _backend.Linear(x, _projectIn);
                x = _positions is null ? x : _backend.Add(x, _backend.Gather(_positions, Rows(positions)));
                x = _embeddingNorm?.Apply(_backend, x) ?? x;
                _backend.Download(WithSide(x), boundary);
            }
            finally
            {
                _backend.Release(mark);
            }
        }
    }

    /// <summary>Logits of what left the last block.</summary>
    /// <param name="boundary"><c>[rows, boundary]</c>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="logits">Receives <c>[rows, vocabulary]</c>.</param>
    /// <param name="final">Receives the head's input, <c>[rows, FinalSize]</c>; empty where it is not wanted.</param>
    public void Logits(ReadOnlySpan<float> boundary, int rows, Span<float> logits, Span<float> final = default)
    {
        lock (_backend)
        {
            long mark = _backend.Mark();
            try
            {
                Tensor x = _backend.Rent(rows, _spec.BoundarySize);
                _backend.Upload(boundary, x);
                Head(x, logits, final);
            }
            finally
            {
                _backend.Release(mark);
            }
        }
    }

    /// <summary>Logits of some rows of what left the last block; nothing is computed for the others.</summary>
    /// <param name="boundary">Rows of <see cref="BoundarySize"/>.</param>
    /// <param name="rows">Numbers of the rows, in the order in which their logits are wanted.</param>
    /// <param name="logits">Receives <c>[rows, vocabulary]</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not that of a row.</exception>
    public void Logits(ReadOnlySpan<float> boundary, ReadOnlySpan<int> rows, Span<float> logits)
    {
        lock (_backend)
        {
            long mark = _backend.Mark();
            try
            {
                Tensor x = _backend.Rent(rows.Length, _spec.BoundarySize);
                for (int i = 0; i < rows.Length; i++)
                {
                    ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rows[i], (uint)(boundary.Length / x.Columns), nameof(rows));
                    _backend.Upload(boundary.Slice(rows[i] * x.Columns, x.Columns), x.Slice(i, 1));
                }

                Head(x, logits, final: []);
            }
            finally
            {
                _backend.Release(mark);
            }
        }
    }

    private void Head(Tensor x, Span<float> logits, Span<float> final)
    {
        x = _spec.SideSize == 0 ? x : _backend.SelectColumns(x, 0, _spec.HiddenSize);
        x = _finalNorm?.Apply(_backend, x) ?? x;
        x = _projectOut is null ? x : _backend.Linear(x, _projectOut);
        if (!final.IsEmpty)
        {
            _backend.Download(x, final);
        }

        Tensor y = _backend.Linear(x, _head);
        _backend.Download(_spec.LogitSoftCap == 0 ? y : _backend.SoftCap(y, _spec.LogitSoftCap), logits);
    }

    /// <summary>Appends the side value, where the family has one.</summary>
    private Tensor WithSide(Tensor x)
    {
        if (_spec.SideSize == 0)
        {
            return x;
        }

        Tensor side = _spec.SideIsEmbedding ? x : _backend.Zeros(x.Rows, _spec.SideSize);
        return _backend.ConcatColumns(x, side);
    }

    /// <summary>Frees the weights, once nothing is computed with them.</summary>
    public void Dispose()
    {
        lock (_backend)
        {
            _weights.Dispose();
        }
    }

    /// <summary>Rows of the table of positions.</summary>
    private ReadOnlySpan<int> Rows(ReadOnlySpan<int> positions)
    {
        _rows = _rows.Length >= positions.Length ? _rows : new int[positions.Length];
        for (int i = 0; i < positions.Length; i++)
        {
            _rows[i] = (uint)positions[i] < (uint)_spec.Positions!.Count
                ? positions[i] + _spec.Positions.Offset
                : throw new ArgumentOutOfRangeException(
                    nameof(positions), positions[i],
                    $"the model has learned {_spec.Positions.Count} positions and no more; shorten the text");
        }

        return _rows.AsSpan(0, positions.Length);
    }
}
