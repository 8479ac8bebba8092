namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>Before which pieces Metaspace puts a space.</summary>
internal enum PrependScheme
{
    /// <summary>Before all, so also behind every added token.</summary>
    Always,

    /// <summary>Before the one at the beginning of the text.</summary>
    First,

    /// <summary>Before none.</summary>
    Never,
}
