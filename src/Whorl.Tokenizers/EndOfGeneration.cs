namespace Whorl.Tokenizers;

/// <summary>The tokens that end what a model writes by their texts, whatever the files say of them.</summary>
/// <remarks>
/// Files often name one of them only, and converters lose the others: without this a chat goes on past the model's turn. Source: the rule of
/// llama.cpp's llama-vocab.cpp, which most people's files are tried with.
/// </remarks>
internal static class EndOfGeneration
{
    private const string End = "<|end|>";
    private const string EndOfText = "</s>";
    private const string ToolResponse = "<|tool_response>";

    private static readonly string[] Texts =
    [
        "<|eot_id|>", "<|im_end|>", End, "<|return|>", "<|call|>", "<|calls|>", "<|flush|>", "<end_of_turn>", "<|endoftext|>", EndOfText,
        "<eos>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|EOT|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>", "<end_of_utterance>", "<turn|>", ToolResponse,

        // Behind what is filled into the middle of a file.
        "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<reponame>", "<|file_sep|>",
    ];

    /// <summary>The ids of those that a tokenizer has.</summary>
    /// <param name="idOf">The id of a token's text, or null.</param>
    public static IReadOnlyList<int> Find(Func<string, int?> idOf)
    {
        bool Has(string text) => idOf(text) is not null;

        // Where a message ends within a turn, its end is not the turn's; </s> is markup where tools answer.
        bool inner = (Has("<|call|>") || Has("<|calls|>")) && (Has("<|return|>") || Has("<|flush|>"));
        bool markup = Has(ToolResponse);
        return [.. Texts.Where(text => !(inner && text == End) && !(markup && text == EndOfText)).Select(idOf).OfType<int>().Distinct()];
    }
}
