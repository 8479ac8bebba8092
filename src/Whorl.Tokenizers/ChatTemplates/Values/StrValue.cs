using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A string. Its elements are code points, as in Python, not UTF-16 units.</summary>
/// <param name="text">The characters.</param>
/// <param name="isMarkup">Whether it was marked as safe HTML, which escapes whatever is joined to it.</param>
internal sealed class StrValue(string text, bool isMarkup = false) : Value
{
    // The UTF-16 offset of every code point and of the end; null where each code point is one unit.
    private readonly int[]? _offsets = PythonText.CodePointOffsets(text);

    public static StrValue Empty { get; } = new("");

    public override string Text { get; } = Accounted(text);

    public bool IsMarkup { get; } = isMarkup;

    public override string TypeName => IsMarkup ? "Markup" : "str";

    public override bool IsTrue => Text.Length > 0;

    public override int? Length => CodePoints;

    /// <summary>The number of code points.</summary>
    public int CodePoints => _offsets is null ? Text.Length : _offsets.Length - 1;

    public override IEnumerable<Value> Elements => Enumerable.Range(0, CodePoints).Select(Character);

    public override IEnumerable<Value> Reversed => Enumerable.Range(1, CodePoints).Select(back => Character(CodePoints - back));

    public override Value? Item(Value key) =>
        Numbers.TryInteger(key, out BigInteger index) && Slicing.TryIndex(index, CodePoints, out int at)
            ? With(Substring(at, at + 1))
            : null;

    /// <summary>The characters from one code point up to another.</summary>
    public string Substring(int start, int end) => start >= end ? "" : Text[Offset(start)..Offset(end)];

    /// <summary>Where a code point starts, in UTF-16 units.</summary>
    public int Offset(int codePoint) => _offsets is null ? codePoint : _offsets[codePoint];

    /// <summary>Which code point starts at an offset of UTF-16 units.</summary>
    public int CodePointAt(int offset) => _offsets is null ? offset : Array.BinarySearch(_offsets, offset);

    public StrValue With(string changed) => new(changed, IsMarkup);

    public override Value? Attribute(string name) => StringMethods.Find(this, name);

    public override void WriteRepr(OutputBuffer output)
    {
        string quoted = PythonText.Quote(Text);
        output.Append(IsMarkup ? $"Markup({quoted})" : quoted);
    }

    private static string Accounted(string text)
    {
        RenderBudget.Allocate(text.Length);
        return text;
    }

    private StrValue Character(int codePoint) => new(Substring(codePoint, codePoint + 1));
}
