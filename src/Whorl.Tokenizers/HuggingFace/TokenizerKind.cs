namespace Whorl.Tokenizers.HuggingFace;

/// <summary>How a tokenizer class cuts text.</summary>
internal enum TokenizerKind
{
    /// <summary>Byte-level BPE with GPT-2's pattern.</summary>
    Gpt2,

    /// <summary>Byte-level BPE with Qwen 2's pattern, after NFC.</summary>
    Qwen2,

    /// <summary>As <see cref="Gpt2"/>, with begin and end tokens around the text.</summary>
    Roberta,

    /// <summary>WordPiece.</summary>
    Bert,

    /// <summary>As the SentencePiece model says, with a begin token in front if it has one.</summary>
    SentencePiece,

    /// <summary>As the SentencePiece model says, with the end token behind.</summary>
    SentencePieceWithEnd,
}
