using System.Runtime.InteropServices;
using Whorl.Generation;

namespace Whorl.Tests;

/// <summary>A model without weights, each of whose logits depends on every token before it: a session that holds another text than it should gives itself away.</summary>
internal sealed class HashModel : ICausalModel
{
    public const int Vocabulary = 2048; // of the built-in model, whose tokenizer goes with it

    /// <summary>Ids whose logit is always low.</summary>
    public IReadOnlyCollection<int> Never { get; init; } = [];

    public int VocabularySize => Vocabulary;

    public int? ContextLength { get; init; } = 1024;

    /// <summary>The lengths that sessions were opened with.</summary>
    public List<int> Opened { get; } = [];

    /// <summary>Tokens computed, in all sessions.</summary>
    public int Computed { get; private set; }

    /// <summary>Asked before every opening; may fail.</summary>
    public Action OnOpen { get; set; } = () => { };

    /// <summary>Asked before every step, with the number of tokens held; may fail.</summary>
    public Func<int, CancellationToken, ValueTask> OnStep { get; set; } = (_, _) => ValueTask.CompletedTask;

    /// <summary>Sessions that were not closed.</summary>
    public int Open { get; private set; }

    public ValueTask<ICausalSession> OpenAsync(int maxLength, int maxScratch, CancellationToken cancellationToken)
    {
        OnOpen();
        Opened.Add(maxLength);
        Open++;
        return ValueTask.FromResult<ICausalSession>(new Session(this, maxLength));
    }

    private sealed class Session(HashModel model, int maxLength) : ICausalSession
    {
        private ulong _state = 14695981039346656037;
        private bool _lost;

        public int Committed { get; private set; }

        public ScratchShape Scratch => ScratchShape.None;

        public async ValueTask StepAsync(CausalStep step, CancellationToken cancellationToken)
        {
            Assert.False(_lost, "a session is used after a step of it has failed");
            _lost = true;
            await model.OnStep(Committed, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            _lost = false;
            Assert.True(Committed + step.Ids.Length <= maxLength, "more tokens than the session was opened for");
            foreach (int id in MemoryMarshal.ToEnumerable(step.Ids))
            {
                _state = (_state ^ (uint)id) * 1099511628211;
            }

            Committed += step.Ids.Length;
            model.Computed += step.Ids.Length;
            Assert.True(step.Logits.Length is 0 or Vocabulary, "logits of the last token only");
            Random random = new((int)(_state >> 33));
            for (int id = 0; id < step.Logits.Length; id++)
            {
                step.Logits.Span[id] = (random.NextSingle() * 8) - (model.Never.Contains(id) ? 100 : 0);
            }
        }

        public ValueTask LogitsAsync(ReadOnlyMemory<int> tokens, Memory<float> logits, CancellationToken cancellationToken) =>
            throw new NotSupportedException("this model gives the last token's logits alone");

        public void Settle(ReadOnlySpan<int> kept) => throw new NotSupportedException("this model takes no scratch tokens");

        public ValueTask DisposeAsync()
        {
            model.Open--;
            return ValueTask.CompletedTask;
        }
    }
}
