using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Whorl.Formats;

/// <summary>Names a model of the hub: <c>org/name[@revision][:quantisation]</c>.</summary>
/// <param name="Id">The repository, <c>org/name</c>, or a bare <c>name</c> for the hub's oldest models.</param>
/// <param name="Revision">A branch, tag or commit.</param>
/// <param name="Quantisation">Which of the GGUF files of the repository is meant, as <c>Q4_K_M</c>; null where not given.</param>
public sealed partial record HubReference(string Id, string Revision = HubReference.DefaultRevision, string? Quantisation = null)
{
    /// <summary>The branch that is meant where none is named.</summary>
    public const string DefaultRevision = "main";

    private const int MaxLength = 300;

    /// <summary>Reads a reference.</summary>
    /// <returns>False where the text names no model, as a path does.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out HubReference? reference)
    {
        reference = null;
        if (text is null || text.Length > MaxLength || Pattern().Match(text) is not { Success: true } match)
        {
            return false;
        }

        string id = match.Groups["id"].Value;
        string revision = match.Groups["revision"] is { Success: true } given ? given.Value : DefaultRevision;
        if (!id.Split('/').All(IsName) || !IsRevision(revision))
        {
            return false;
        }

        string? quantisation = match.Groups["quantisation"] is { Success: true } named ? named.Value : null;
        reference = new HubReference(id, revision, quantisation);
        return true;
    }

    /// <summary>Reads a reference that must be one.</summary>
    /// <exception cref="FormatException">The text names no model.</exception>
    public static HubReference Parse(string text) => TryParse(text, out HubReference? reference)
        ? reference
        : throw new FormatException($"'{text}' names no model of the hub; write org/name, org/name@revision or org/name:Q4_K_M");

    /// <inheritdoc/>
    public override string ToString() =>
        Id + (Revision == DefaultRevision ? "" : "@" + Revision) + (Quantisation is null ? "" : ":" + Quantisation);

    // The hub's own rule: "--" parts organisation and name in the cache's folders.
    private static bool IsName(string part) =>
        !part.Contains("--", StringComparison.Ordinal) && !part.Contains("..", StringComparison.Ordinal)
        && part[0] is not ('-' or '.') && part[^1] is not ('-' or '.') && !part.EndsWith(".git", StringComparison.Ordinal);

    // A revision becomes a path below refs/.
    private static bool IsRevision(string revision) => revision.Split('/').All(part => part.Length > 0 && part.Trim('.').Length > 0)
        && !revision.Contains("..", StringComparison.Ordinal);

    [GeneratedRegex(
        @"^(?<id>[A-Za-z0-9._-]{1,96}(/[A-Za-z0-9._-]{1,96})?)"
        + @"(@(?<revision>[A-Za-z0-9._/+-]{1,100}))?(:(?<quantisation>[A-Za-z0-9._-]{1,40}))?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
