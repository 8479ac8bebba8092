using System.Collections.Frozen;
using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Jinja's tests: what may follow <c>is</c>.</summary>
internal static class TemplateTests
{
    private delegate bool Test(Value value, Arguments arguments);

    private static readonly FrozenDictionary<string, Test> Tests = new Dictionary<string, Test>
    {
        ["odd"] = Simple("odd", value => IsRest(value, IntValue.Of(2), 1)),
        ["even"] = Simple("even", value => IsRest(value, IntValue.Of(2), 0)),
        ["divisibleby"] = Binary("divisibleby", (value, number) => IsRest(value, number, 0)),
        ["defined"] = Simple("defined", value => value is not UndefinedValue),
        ["undefined"] = Simple("undefined", value => value is UndefinedValue),
        ["filter"] = Simple("filter", value => IsName(value, TemplateFilters.Exists)),
        ["test"] = Simple("test", value => IsName(value, Exists)),
        ["none"] = Simple("none", value => value is NoneValue),
        ["boolean"] = Simple("boolean", value => value is BoolValue),
        ["true"] = Simple("true", value => value is BoolValue { Value: true }),
        ["false"] = Simple("false", value => value is BoolValue { Value: false }),
        ["integer"] = Simple("integer", value => value is IntValue),
        ["float"] = Simple("float", value => value is FloatValue),
        ["number"] = Simple("number", Numbers.IsNumber),
        ["lower"] = Simple("lower", value => StringMethods.IsLower(value.Text)),
        ["upper"] = Simple("upper", value => StringMethods.IsUpper(value.Text)),
        ["string"] = Simple("string", value => value is StrValue),
        ["mapping"] = Simple("mapping", value => value is DictValue),
        ["sequence"] = Simple("sequence", value => value is StrValue or SequenceValue or DictValue or RangeValue or UndefinedValue),
        ["iterable"] = Simple("iterable", value => value.Elements is not null),
        ["callable"] = Simple("callable", value => value.IsCallable),
        ["sameas"] = Binary("sameas", IsSame),
        ["escaped"] = Simple("escaped", value => value is StrValue { IsMarkup: true }),
        ["in"] = Binary("in", (value, container) => Comparison.Contains(container, value)),
        ["=="] = Binary("eq", Comparison.AreEqual),
        ["eq"] = Binary("eq", Comparison.AreEqual),
        ["equalto"] = Binary("eq", Comparison.AreEqual),
        ["!="] = Binary("ne", (a, b) => !Comparison.AreEqual(a, b)),
        ["ne"] = Binary("ne", (a, b) => !Comparison.AreEqual(a, b)),
        [">"] = Binary("gt", Comparison.IsGreater),
        ["gt"] = Binary("gt", Comparison.IsGreater),
        ["greaterthan"] = Binary("gt", Comparison.IsGreater),
        [">="] = Binary("ge", Comparison.IsGreaterOrEqual),
        ["ge"] = Binary("ge", Comparison.IsGreaterOrEqual),
        ["<"] = Binary("lt", Comparison.IsLess),
        ["lt"] = Binary("lt", Comparison.IsLess),
        ["lessthan"] = Binary("lt", Comparison.IsLess),
        ["<="] = Binary("le", Comparison.IsLessOrEqual),
        ["le"] = Binary("le", Comparison.IsLessOrEqual),
    }.ToFrozenDictionary();

    public static bool Exists(string name) => Tests.ContainsKey(name);

    /// <summary>Applies the test of that name.</summary>
    public static bool Apply(string name, Value value, Arguments arguments) => Tests.TryGetValue(name, out Test? test)
        ? test(value, arguments)
        : throw ChatTemplateException.Runtime($"No test named {PythonText.Quote(name)}.");

    private static Test Simple(string name, Func<Value, bool> test) => (value, arguments) =>
    {
        arguments.Bind(name, 0);
        return test(value);
    };

    private static Test Binary(string name, Func<Value, Value, bool> test) => (value, arguments) =>
        test(value, arguments.Bind(name, 1, "other")[0]!);

    private static bool IsName(Value value, Func<string, bool> exists)
    {
        _ = ValueComparer.Instance.GetHashCode(value); // Python looks it up in a dictionary, which a list has no place in
        return value is StrValue name && exists(name.Text);
    }

    private static bool IsRest(Value value, Value divisor, int rest) =>
        Comparison.AreEqual(Arithmetic.Modulo(value, divisor), IntValue.Of(rest));

    // Python shares small whole numbers and interns short texts; larger ones are the same only if they are one object.
    private static bool IsSame(Value value, Value other) => ReferenceEquals(value, other) || (value, other) switch
    {
        (StrValue a, StrValue b) => a.Text == b.Text && a.IsMarkup == b.IsMarkup,
        (IntValue a, IntValue b) => a.Value == b.Value && BigInteger.Abs(a.Value) <= 256,
        _ => false,
    };
}
