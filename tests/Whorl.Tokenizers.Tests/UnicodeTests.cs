using System.Globalization;
using System.Text;
using System.Text.Json;
using Whorl.Tokenizers.Normalizers;
using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Tests;

/// <summary>Every code point against the tables read out of the reference.</summary>
public sealed class UnicodeTests
{
    private static readonly Lazy<JsonDocument> Recorded =
        new(() => JsonDocument.Parse(GoldenFiles.Unzip(GoldenFiles.PathOf("unicode.json.gz"))));

    public static TheoryData<string> Forms => ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"];

    [Fact]
    public void Regex_classes_hold_the_recorded_code_points()
    {
        string every = string.Concat(AllRunes());
        foreach (JsonProperty entry in Recorded.Value.RootElement.GetProperty("classes").EnumerateObject())
        {
            if (!entry.Name.StartsWith("oniguruma ", StringComparison.Ordinal))
            {
                continue;
            }

            var ranges = new List<MatchedRange>();
            Pattern.Parse(entry.Name["oniguruma ".Length..]).FindAll(every, ranges);
            var actual = ranges.Where(range => range.IsMatch).Select(range => CodePoints.At(every, range.Start)).ToHashSet();
            actual.SymmetricExceptWith(CodePointsOf(entry.Value));
            actual.RemoveWhere(c => !Rune.IsValid(c)); // some recorded ranges run over the surrogates
            Assert.True(actual.Count == 0, $"{entry.Name}: {string.Join(' ', actual.Take(20).Select(c => $"U+{c:X4}"))}");
        }
    }

    [Theory]
    [InlineData("Digits cuts out")]
    [InlineData("Punctuation cuts out")]
    [InlineData("WhitespaceSplit removes")]
    public void Character_sets_hold_the_recorded_code_points(string name)
    {
        CodePointSet set = name[0] switch { 'D' => CodePoints.Numeric, 'P' => CodePoints.Punctuation, _ => CodePoints.WhiteSpace };
        HashSet<int> expected = CodePointsOf(Recorded.Value.RootElement.GetProperty("classes").GetProperty(name));
        Assert.DoesNotContain(AllRunes(), rune => set.Contains(rune.Value) != expected.Contains(rune.Value));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_normalizer_maps_every_code_point_as_recorded(string form)
    {
        Normalizer normalizer = form switch
        {
            "NFC" => new UnicodeFormNormalizer(compatibility: false, compose: true),
            "NFD" => new UnicodeFormNormalizer(compatibility: false, compose: false),
            "NFKC" => new UnicodeFormNormalizer(compatibility: true, compose: true),
            "NFKD" => new UnicodeFormNormalizer(compatibility: true, compose: false),
            "Lowercase" => new LowercaseNormalizer(),
            _ => StandardNormalizers.StripAccents(),
        };
        Dictionary<int, string> map = Recorded.Value.RootElement.GetProperty("maps").GetProperty(form).EnumerateObject()
            .ToDictionary(
                entry => int.Parse(entry.Name, NumberStyles.HexNumber, CultureInfo.InvariantCulture), entry => entry.Value.GetString()!);
        foreach (Rune rune in AllRunes().Where(rune => rune.Value is < 0xAC00 or > 0xD7A3))
        {
            string text = rune.ToString();
            string actual = normalizer.Normalize(AlignedText.OfOriginal(text, aligned: false)).ToString();
            Assert.True(actual == map.GetValueOrDefault(rune.Value, text), $"{form} of U+{rune.Value:X4}");
        }
    }

    [Fact]
    public void Hangul_syllables_decompose_and_compose()
    {
        for (int c = 0xAC00; c < 0xD7A4; c++)
        {
            var decomposed = UnicodeNormalizer.Normalize(((char)c).ToString(), compatibility: false, compose: false);
            string jamo = string.Concat(decomposed.Select(part => (char)part.CodePoint));
            Assert.Equal((c - 0xAC00) % 28 == 0 ? 2 : 3, jamo.Length);
            Assert.Equal([(c, 1 - jamo.Length)], UnicodeNormalizer.Normalize(jamo, compatibility: false, compose: true));
        }
    }

    [Theory]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("e\u0301\u0327", "\u0229\u0301")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    public void Marks_are_sorted_and_composed_past_others(string text, string expected) =>
        Assert.Equal(expected, string.Concat(UnicodeNormalizer.Normalize(text, false, compose: true).Select(part => (char)part.CodePoint)));

    private static IEnumerable<Rune> AllRunes() => Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(c => new Rune(c));

    private static HashSet<int> CodePointsOf(JsonElement ranges) =>
        [.. ranges.EnumerateArray().SelectMany(range =>
            Enumerable.Range(range[0].GetInt32(), range[1].GetInt32() - range[0].GetInt32() + 1))];
}
