namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>How a statement ends.</summary>
internal enum Flow
{
    /// <summary>With the next one.</summary>
    Next,

    /// <summary>With the end of the loop around it.</summary>
    Break,

    /// <summary>With the next turn of the loop around it.</summary>
    Continue,
}
