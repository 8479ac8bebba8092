using Whorl.Client.Links;

namespace Whorl.Client.Sessions;

/// <content>Servers that send hidden states to each other.</content>
internal sealed partial class LiveSession
{
    /// <summary>Has servers that follow on each other send each other the steps of few rows, where they can.</summary>
    private async ValueTask LinkAsync(CancellationToken cancellationToken)
    {
        List<(WhorlLink From, WhorlLink To, Guid Ticket)> pairs = [];
        for (int i = 1; i < _parts.Count; i++)
        {
            if (_parts[i - 1].Session is WhorlLink from && _parts[i].Session is WhorlLink to && from.CanLinkTo(to))
            {
                pairs.Add((from, to, Guid.NewGuid()));
            }
        }

        bool[] isAccepted = await Task.WhenAll(pairs.Select(pair => pair.To.AcceptAsync(pair.From, pair.Ticket, cancellationToken)));
        await Task.WhenAll(pairs.Where((_, i) => isAccepted[i]).Select(pair => pair.From.ForwardAsync(pair.To, pair.Ticket, cancellationToken)));
    }

    /// <summary>Sends a link its part of a step, unless the server before it has.</summary>
    private ValueTask SendAsync(int index, CancellationToken cancellationToken) =>
        index > 0 && _parts[index].Session is WhorlLink link && _parts[index - 1].Session is WhorlLink before && before.HasPushedTo(link)
            ? link.ExpectAsync(_carrier.Step, cancellationToken)
            : _parts[index].Session.StepAsync(_carrier.Step, cancellationToken);

    /// <summary>Gives up the sessions that a link has fed with what is no answer.</summary>
    private void GiveUpFed(int index)
    {
        for (int i = index + 1; i < _parts.Count; i++)
        {
            if (_parts[i].Session is not WhorlLink link || _parts[i - 1].Session is not WhorlLink before || !before.IsLinkedTo(link))
            {
                return;
            }

            link.GiveUp("the server before it has sent it what is no answer");
        }
    }
}
