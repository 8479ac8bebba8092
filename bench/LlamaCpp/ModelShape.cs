namespace Whorl.Bench.LlamaCpp;

/// <summary>The sizes of a Llama.</summary>
internal sealed record ModelShape(string Name, int Hidden, int Blocks, int Heads, int KeyValueHeads, int FeedForward)
{
    /// <summary>SmolLM2-135M.</summary>
    public static ModelShape Small { get; } = new("135M", 576, 30, 9, 3, 1536);

    /// <summary>TinyLlama-1.1B.</summary>
    public static ModelShape Large { get; } = new("1.1B", 2048, 22, 32, 4, 5632);
}
