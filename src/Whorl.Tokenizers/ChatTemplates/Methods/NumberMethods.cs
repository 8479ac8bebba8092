using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The attributes and methods of int, bool and float.</summary>
internal static class NumberMethods
{
    public static Value? Find(Value self, string name) => (self, name) switch
    {
        (_, "real") => Arithmetic.Plus(self),
        (FloatValue, "imag") => new FloatValue(0),
        (_, "imag") => IntValue.Of(0),
        (_, "conjugate") => Method(name, () => Arithmetic.Plus(self)),
        (FloatValue { Value: var real }, "is_integer") => Method(name, () => BoolValue.Of(double.IsInteger(real))),
        (FloatValue, _) => null,
        (_, "is_integer") => Method(name, () => BoolValue.True),
        (_, "numerator") => Arithmetic.Plus(self),
        (_, "denominator") => IntValue.Of(1),
        (_, "bit_length") => Method(name, () => IntValue.Of(Size(self).IsZero ? 0 : (long)BigInteger.Log2(Size(self)) + 1)),
        (_, "bit_count") => Method(name, () => IntValue.Of(Numbers.ToRadix(Size(self), 2).Count(digit => digit == '1'))),
        _ => null,
    };

    private static FunctionValue Method(string name, Func<Value> body) => new(name, (_, arguments) =>
    {
        arguments.Bind(name, 0);
        return body();
    });

    private static BigInteger Size(Value self)
    {
        Numbers.TryInteger(self, out BigInteger number);
        return BigInteger.Abs(number);
    }
}
