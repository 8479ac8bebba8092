using System.Globalization;
using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A whole number of any size.</summary>
internal sealed class IntValue : Value
{
    // Python refuses to print longer numbers (PYTHONINTMAXSTRDIGITS): printing takes quadratic time.
    private const int MaxPrintedDigits = 4300;
    private const int MaxPrintedBits = 14_284;
    private static readonly IntValue[] Small = [.. Enumerable.Range(-1, 258).Select(number => new IntValue(number))];

    private IntValue(BigInteger value) => Value = value;

    public BigInteger Value { get; }

    public override string TypeName => "int";

    public override bool IsTrue => !Value.IsZero;

    public static IntValue Of(BigInteger value) => value >= -1 && value <= 256 ? Small[(int)value + 1] : new IntValue(value);

    public override Value? Attribute(string name) => NumberMethods.Find(this, name);

    public override void WriteRepr(OutputBuffer output) => output.Append(Digits(Value));

    /// <summary>The number in decimal digits.</summary>
    public static string Digits(BigInteger value) => value.GetBitLength() <= MaxPrintedBits
        ? value.ToString(CultureInfo.InvariantCulture)
        : throw ChatTemplateException.Value($"Exceeds the limit ({MaxPrintedDigits} digits) for integer string conversion");
}
