namespace Whorl.Generation.Tests.Speculation;

/// <summary>Opens <see cref="HashSession"/>s.</summary>
internal sealed class HashModel(int vocabulary) : ICausalModel
{
    public int VocabularySize => vocabulary;

    public int? ContextLength { get; init; }

    public int Opened { get; private set; }

    public ValueTask<ICausalSession> OpenAsync(int maxLength, int maxScratch, CancellationToken cancellationToken)
    {
        Opened++;
        return ValueTask.FromResult<ICausalSession>(new HashSession(vocabulary, maxLength, maxScratch));
    }
}
