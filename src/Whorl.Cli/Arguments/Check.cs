using System.CommandLine;
using System.Globalization;

namespace Whorl.Cli.Arguments;

/// <summary>Values of options, refused in one line that says what belongs there.</summary>
internal static class Check
{
    /// <summary>The option takes whole numbers from a minimum on.</summary>
    public static void Whole(Option option, int minimum) => Each(
        option,
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= minimum,
        string.Create(CultureInfo.InvariantCulture, $"a whole number, {minimum} or more"));

    /// <summary>The options take numbers.</summary>
    public static void Numbers(params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
        {
            Each(option, text => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _), "a number");
        }
    }

    /// <summary>The option takes one of some words.</summary>
    public static Option<string> OneOf(Option<string> option, params string[] values)
    {
        Each(option, values.Contains, string.Join(" or ", values));
        option.CompletionSources.Add(values);
        option.HelpName = string.Join('|', values);
        return option;
    }

    /// <summary>Looks at the text as it was given: an option's value cannot be asked for before it is known to be one.</summary>
    private static void Each(Option option, Predicate<string> fits, string wanted) => option.Validators.Add(result =>
    {
        foreach (string text in result.Tokens.Select(t => t.Value))
        {
            if (!fits(text))
            {
                result.AddError($"{option.Name} is '{text}'; it must be {wanted}");
            }
        }
    });
}
