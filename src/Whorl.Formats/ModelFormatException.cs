namespace Whorl.Formats;

/// <summary>
/// A model file or folder that does not say what its format requires, or asks for something that is not supported. The message names
/// the file, the tensor or key, the offset, what is wrong there and what to do; reading it again gives the same.
/// </summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>Composes the message "file: tensor 'name' at offset n: what".</summary>
    /// <param name="file">The file or folder at fault, as the caller named it.</param>
    /// <param name="what">What is wrong and what to do about it, one line.</param>
    /// <param name="tensor">The tensor (or metadata key) at fault, where there is one.</param>
    /// <param name="offset">Where in the file, in bytes, where that is known.</param>
    /// <param name="inner">The cause, where another exception told of it.</param>
    public ModelFormatException(string file, string what, string? tensor = null, long? offset = null, Exception? inner = null)
        : base(Compose(file, what, tensor, offset), inner)
    {
        File = file;
        Tensor = tensor;
        Offset = offset;
    }

    /// <summary>The file or folder at fault.</summary>
    public string File { get; }

    /// <summary>The tensor or metadata key at fault, or null where the fault lies in the file as a whole.</summary>
    public string? Tensor { get; }

    /// <summary>The byte offset in the file, or null where none is known.</summary>
    public long? Offset { get; }

    private static string Compose(string file, string what, string? tensor, long? offset)
    {
        string where = tensor is null ? "" : $" '{Printable(tensor)}'";
        string at = offset is null ? "" : $" at offset {offset}";
        return $"{file}:{where}{at}{(where.Length + at.Length == 0 ? "" : ":")} {what}";
    }

    /// <summary>A name from a hostile file may be long or hold control characters: it is cut and cleaned for the message.</summary>
    private static string Printable(string name)
    {
        const int MostCharacters = 120;
        string cut = name.Length <= MostCharacters ? name : string.Concat(name.AsSpan(0, MostCharacters), "…");
        return string.Create(cut.Length, cut, static (span, from) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(from[i]) ? '?' : from[i];
            }
        });
    }
}
