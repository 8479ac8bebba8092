using System.Net;

namespace Whorl.Formats;

/// <summary>Turns the hub's refusals into errors that say what to do.</summary>
internal static class HubRefusal
{
    private const string ErrorCode = "X-Error-Code";

    /// <summary>The error for an answer that is no success.</summary>
    public static HubException Explain(HttpResponseMessage response, HubReference reference, HubSettings settings)
    {
        string code = response.Headers.TryGetValues(ErrorCode, out IEnumerable<string>? codes) ? codes.First() : "";
        return (response.StatusCode, code) switch
        {
            (_, "RevisionNotFound") => new(HubErrorKind.NotFound, $"{reference.Id} has no revision '{reference.Revision}'"),
            (_, "EntryNotFound") => new(
                HubErrorKind.NotFound, $"{reference} does not have this file: {response.RequestMessage?.RequestUri?.AbsolutePath}"),
            (_, "GatedRepo") => new(HubErrorKind.AccessDenied, Gated(reference, settings)),
            (HttpStatusCode.Unauthorized, "RepoNotFound") or (HttpStatusCode.NotFound, _) => new(
                HubErrorKind.NotFound, $"there is no {reference.Id} on the hub, or it is private; check the name, or set HF_TOKEN"),
            (HttpStatusCode.Unauthorized, _) => new(HubErrorKind.AccessDenied, settings.Token is null
                ? $"the hub wants a token for {reference.Id}: set HF_TOKEN, or log in with the hub's own tool"
                : $"the hub does not accept the token for {reference.Id}: make a new one and set HF_TOKEN"),
            (HttpStatusCode.Forbidden, _) => new(
                HubErrorKind.AccessDenied, $"the token may not read {reference.Id}: give it that right, or accept the model's terms"),
            _ => new(
                HubErrorKind.Network,
                $"{response.RequestMessage?.RequestUri}: the hub answered {(int)response.StatusCode} {response.ReasonPhrase}"),
        };
    }

    private static string Gated(HubReference reference, HubSettings settings)
    {
        string page = new Uri(settings.Endpoint, reference.Id).ToString();
        return settings.Token is null
            ? $"{reference.Id} is gated: accept its terms at {page}, then set HF_TOKEN to a token of that account"
            : $"{reference.Id} is gated and the token's account has no access: ask for it at {page}, or set HF_TOKEN to another's";
    }
}
