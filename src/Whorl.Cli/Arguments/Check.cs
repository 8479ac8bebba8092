using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Whorl.Cli.Arguments;

/// <summary>Ranges of options, told in one line.</summary>
internal static class Check
{
    public static void AtLeast<T>(OptionResult result, T value, T minimum)
        where T : IComparable<T>
    {
        if (value.CompareTo(minimum) < 0)
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{result.Option.Name} is {value}; it must be {minimum} or more"));
        }
    }

    public static Option<string> OneOf(Option<string> option, params string[] values)
    {
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
