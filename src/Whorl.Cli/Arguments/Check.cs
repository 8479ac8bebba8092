using System.CommandLine;
using System.Globalization;

namespace Whorl.Cli.Arguments;

/// <summary>Values of options, refused in one line that says what belongs there.</summary>
internal static class Check
{
    /// <summary>The option takes whole numbers of a range.</summary>
    public static void Whole(Option option, int minimum, int maximum = int.MaxValue) => Each(
        option,
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            && value >= minimum && value <= maximum,
        text => maximum == int.MaxValue && !(text.Length > 0 && text.All(char.IsAsciiDigit))
            ? string.Create(CultureInfo.InvariantCulture, $"a whole number, {minimum} or more")
            : string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}"));

    /// <summary>The option takes numbers that fit.</summary>
    /// <param name="option">The option.</param>
    /// <param name="fits">Which numbers; they are finite.</param>
    /// <param name="wanted">What it takes, for people.</param>
    public static void Number(Option option, Predicate<float> fits, string wanted) => Each(
        option,
        text => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
            && float.IsFinite(value) && fits(value),
        wanted);

    /// <summary>The option takes what is not empty.</summary>
    /// <param name="option">The option.</param>
    /// <param name="wanted">What it takes, for people.</param>
    public static void Filled(Option option, string wanted) => Each(option, text => text.Trim(' ', ',').Length > 0, wanted);

    /// <summary>The option takes addresses, separated by commas.</summary>
    /// <param name="option">The option.</param>
    /// <param name="parse">Reads one; its <see cref="WhorlException"/> says what is wrong with it.</param>
    public static void Addresses<T>(Option option, Func<string, T> parse)
    {
        Filled(option, "addresses, separated by commas");
        option.Validators.Add(result =>
        {
            foreach (string text in result.Tokens.SelectMany(t => Whorl.Addresses.Split(t.Value)))
            {
                try
                {
                    parse(text);
                }
                catch (WhorlException e)
                {
                    result.AddError($"{option.Name}: {e.Message}");
                }
            }
        });
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
    private static void Each(Option option, Predicate<string> fits, string wanted) => Each(option, fits, _ => wanted);

    private static void Each(Option option, Predicate<string> fits, Func<string, string> wanted) => option.Validators.Add(result =>
    {
        foreach (string text in result.Tokens.Select(t => t.Value))
        {
            if (!fits(text))
            {
                result.AddError($"{option.Name} is '{text}'; it must be {wanted(text)}");
            }
        }
    });
}
