using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The arguments of a call: those by position and those by name.</summary>
internal sealed class Arguments(IReadOnlyList<Value> positional, IReadOnlyList<KeyValuePair<string, Value>> named)
{
    public static Arguments None { get; } = new([], []);

    public IReadOnlyList<Value> Positional { get; } = positional;

    public IReadOnlyList<KeyValuePair<string, Value>> Named { get; } = named;

    /// <summary>The argument of the given name, or null.</summary>
    public Value? FindNamed(string name)
    {
        foreach ((string key, Value value) in Named)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Everything but the first <paramref name="count"/> positional arguments.</summary>
    public Arguments Skip(int count) => new([.. Positional.Skip(count)], Named);

    /// <summary>Puts the arguments in the order of a signature, as Python binds them; those not given are null.</summary>
    /// <param name="function">The function's name, for error messages.</param>
    /// <param name="required">How many of the first parameters must be given.</param>
    /// <param name="parameters">The names of all parameters.</param>
    public Value?[] Bind(string function, int required, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
        {
            throw ChatTemplateException.Type(
                $"{function}() takes at most {parameters.Length} arguments but {Positional.Count + Named.Count} were given");
        }

        var bound = new Value?[parameters.Length];
        for (int i = 0; i < Positional.Count; i++)
        {
            bound[i] = Positional[i];
        }

        foreach ((string name, Value value) in Named)
        {
            int at = parameters.IndexOf(name);
            if (at < 0)
            {
                throw ChatTemplateException.Type($"{function}() got an unexpected keyword argument '{name}'");
            }

            bound[at] = bound[at] is null
                ? value
                : throw ChatTemplateException.Type($"{function}() got multiple values for argument '{name}'");
        }

        for (int i = 0; i < required; i++)
        {
            if (bound[i] is null)
            {
                throw ChatTemplateException.Type($"{function}() missing required argument: '{parameters[i]}'");
            }
        }

        return bound;
    }

    /// <summary>An argument as a whole number, or the default where it was not given.</summary>
    public static BigInteger Integer(Value? argument, BigInteger whenAbsent)
    {
        if (argument is null)
        {
            return whenAbsent;
        }

        return Numbers.TryInteger(argument, out BigInteger number)
            ? number
            : throw ChatTemplateException.Type($"'{argument.TypeName}' object cannot be interpreted as an integer");
    }

    /// <summary>An argument as a whole number cut off at the range of an int, which no string or list exceeds.</summary>
    public static int Clamped(Value? argument, int whenAbsent) =>
        (int)BigInteger.Clamp(Integer(argument, whenAbsent), int.MinValue, int.MaxValue);

    /// <summary>An argument that must be a string.</summary>
    public static StrValue String(Value? argument, string function) => argument as StrValue
        ?? throw ChatTemplateException.Type($"{function}() argument must be str, not {argument?.TypeName ?? "NoneType"}");
}
