using System.Text.Json;

namespace Whorl.Models;

/// <summary>A key that is known to change what comes out, where nobody has read it.</summary>
/// <param name="Effect">What it would do, behind "it would".</param>
/// <param name="IsNeutral">Whether a value, in an object, asks for nothing after all.</param>
internal sealed record KnownKey(string Effect, Func<JsonElement, JsonElement, bool> IsNeutral)
{
    private static readonly JsonElement True = JsonDocument.Parse("true").RootElement;

    /// <summary>Whether a value changes something. False does where true is what changes nothing.</summary>
    public bool Changes(JsonElement value, JsonElement owner) =>
        !IsNeutral(value, owner) && (value.ValueKind == JsonValueKind.False ? IsNeutral(True, owner) : KnownKeys.Asks(value));
}
