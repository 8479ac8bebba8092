using System.Globalization;
using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's <c>strftime</c> in the C locale, with the flags of the GNU library (<c>%-d</c>).</summary>
internal static class Strftime
{
    private static readonly DateTimeFormatInfo Names = CultureInfo.InvariantCulture.DateTimeFormat;

    public static string Format(string format, DateTimeOffset time)
    {
        RenderBudget.Allocate(format.Length);
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            int start = i++;
            char flag = format[i] is '-' or '_' or '0' or '^' or '#' ? format[i++] : '\0';
            string? field = i < format.Length ? Field(format[i], time) : null;
            text.Append(field is null ? format[start..Math.Min(i + 1, format.Length)] : Flagged(field, flag));
        }

        return text.ToString();
    }

    private static string? Field(char code, DateTimeOffset time) => code switch
    {
        'a' => Names.GetAbbreviatedDayName(time.DayOfWeek),
        'A' => Names.GetDayName(time.DayOfWeek),
        'b' or 'h' => Names.GetAbbreviatedMonthName(time.Month),
        'B' => Names.GetMonthName(time.Month),
        'c' => Format("%a %b %e %H:%M:%S %Y", time),
        'C' => Number(time.Year / 100, 2),
        'd' => Number(time.Day, 2),
        'D' or 'x' => Format("%m/%d/%y", time),
        'e' => Number(time.Day, 2, ' '),
        'f' => Number((int)(time.Ticks % TimeSpan.TicksPerSecond / 10), 6),
        'F' => Format("%Y-%m-%d", time),
        'g' => Number(ISOWeek.GetYear(time.DateTime) % 100, 2),
        'G' => Number(ISOWeek.GetYear(time.DateTime), 1),
        'H' => Number(time.Hour, 2),
        'I' => Number(Hour12(time), 2),
        'j' => Number(time.DayOfYear, 3),
        'k' => Number(time.Hour, 2, ' '),
        'l' => Number(Hour12(time), 2, ' '),
        'm' => Number(time.Month, 2),
        'M' => Number(time.Minute, 2),
        'n' => "\n",
        'p' => time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'r' => Format("%I:%M:%S %p", time),
        'R' => Format("%H:%M", time),
        's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'S' => Number(time.Second, 2),
        't' => "\t",
        'T' or 'X' => Format("%H:%M:%S", time),
        'u' => Number(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1),
        'U' => Number((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2),
        'V' => Number(ISOWeek.GetWeekOfYear(time.DateTime), 2),
        'w' => Number((int)time.DayOfWeek, 1),
        'W' => Number((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7, 2),
        'y' => Number(time.Year % 100, 2),
        'Y' => Number(time.Year, 1),
        'z' or 'Z' => "", // the reference's clock knows no time zone
        '%' => "%",
        _ => null,
    };

    private static int Hour12(DateTimeOffset time) => time.Hour % 12 == 0 ? 12 : time.Hour % 12;

    private static string Number(int number, int width, char padding = '0') =>
        number.ToString(CultureInfo.InvariantCulture).PadLeft(width, padding);

    private static string Flagged(string field, char flag) => flag switch
    {
        '-' when char.IsAsciiDigit(field[^1]) => field.TrimStart('0', ' ') is { Length: > 0 } trimmed ? trimmed : "0",
        '_' when char.IsAsciiDigit(field[^1]) => field.TrimStart('0').PadLeft(field.Length),
        '0' => field.Replace(' ', '0'),
        '^' => field.ToUpperInvariant(),
        '#' => field.Any(char.IsAsciiLetterLower) ? field.ToUpperInvariant() : field.ToLowerInvariant(),
        _ => field,
    };
}
