using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>What stands before the first block and behind the last: embeddings, final norm and head. The client's part of a model.</summary>
/// <remarks>May be used by many threads: it locks its backend while it computes.</remarks>
public sealed class ModelEnds : IDisposable
{
    private readonly DecoderSpec _spec;
    private readonly IBackend _backend;
    private readonly Matrix _embedding;
    private readonly LinearWeight _head;
    private readonly Norm? _embeddingNorm;
    private readonly Norm? _finalNorm;

    private ModelEnds(DecoderSpec spec, WeightLoader loader)
    {
        (_spec, _backend) = (spec, loader.Backend);
        _embedding = loader.Matrix("embedding", spec.VocabularySize, spec.HiddenSize);
        bool tied = spec.TiedHead ?? !loader.Has("head");
        _head = tied ? new LinearWeight(_embedding) : loader.Linear("head", spec.VocabularySize, spec.HiddenSize, spec.HeadBias);
        _embeddingNorm = Norm.Load(loader, spec.EmbeddingNorm, spec.HiddenSize);
        _finalNorm = Norm.Load(loader, spec.FinalNorm, spec.HiddenSize);
    }

    /// <summary>Number of ids, and of logits.</summary>
    public int VocabularySize => _spec.VocabularySize;

    /// <summary>Width of what enters the first block.</summary>
    public int BoundarySize => _spec.BoundarySize;

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize => _spec.HiddenSize;

    /// <summary>Loads the weights; no block's bytes are read.</summary>
    /// <param name="model">The model.</param>
    /// <param name="backend">Who computes; not disposed with the ends.</param>
    /// <exception cref="Whorl.Formats.ModelFormatException">A tensor is missing or of another shape.</exception>
    public static ModelEnds Load(ModelSource model, IBackend backend) => new(model.Spec, model.CreateLoader(backend));

    /// <summary>What enters the first block.</summary>
    /// <param name="ids">Ids, each below the vocabulary's size.</param>
    /// <param name="boundary">Receives <c>[ids, boundary]</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public void Embed(ReadOnlySpan<int> ids, Span<float> boundary)
    {
        lock (_backend)
        {
            long mark = _backend.Mark();
            try
            {
                Tensor x = _backend.Gather(_embedding, ids);
                x = _spec.EmbeddingScale == 1 ? x : _backend.Scale(x, _spec.EmbeddingScale);
                x = _embeddingNorm?.Apply(_backend, x) ?? x;
                x.Span.CopyTo(boundary);
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
    /// <param name="final">Receives the head's input, <c>[rows, hidden]</c>; empty where it is not wanted.</param>
    public void Logits(ReadOnlySpan<float> boundary, int rows, Span<float> logits, Span<float> final = default)
    {
        lock (_backend)
        {
            long mark = _backend.Mark();
            try
            {
                Tensor x = _backend.Rent(rows, _spec.BoundarySize);
                boundary.CopyTo(x.Span);
                x = _spec.SideSize == 0 ? x : _backend.SelectColumns(x, 0, _spec.HiddenSize);
                x = _finalNorm?.Apply(_backend, x) ?? x;
                if (!final.IsEmpty)
                {
                    x.Span.CopyTo(final);
                }

                Tensor y = _backend.Linear(x, _head);
                y = _spec.LogitSoftCap == 0 ? y : _backend.SoftCap(y, _spec.LogitSoftCap);
                y.Span.CopyTo(logits);
            }
            finally
            {
                _backend.Release(mark);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _head.Dispose();
        _embedding.Dispose();
        _embeddingNorm?.Dispose();
        _finalNorm?.Dispose();
    }
}
