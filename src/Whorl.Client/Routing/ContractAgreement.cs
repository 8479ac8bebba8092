using Whorl.Client.Petals;
using Whorl.Models;
using Whorl.Protocol;

namespace Whorl.Client.Routing;

/// <summary>What the servers of one model have said of how they compute: whoever contradicts those before him is left out. Safe for many threads.</summary>
/// <remarks>
/// Holders of one block thus have equal weights, and a server that stands in for another computes the same bytes. Petals' servers do not say how they
/// compute, and are not held to it.
/// </remarks>
internal sealed class ContractAgreement
{
    private readonly Lock _gate = new();
    private SpanContract? _contract;
    private SpanContract? _inexact;

    /// <summary>All that was said.</summary>
    /// <exception cref="InvalidOperationException">Nobody has said anything.</exception>
    public SpanContract Contract
    {
        get
        {
            lock (_gate)
            {
                return _contract ?? _inexact ?? throw new InvalidOperationException("no server has said by what contract it computes");
            }
        }
    }

    /// <summary>Remembers what a server says.</summary>
    /// <param name="span">The server's blocks.</param>
    /// <param name="server">Its name.</param>
    /// <returns>The span.</returns>
    /// <exception cref="SpanRefusedException">Others have said otherwise.</exception>
    public IBlockSpan Require(IBlockSpan span, string server)
    {
        lock (_gate)
        {
            if (span is PetalsSpan)
            {
                _inexact = span.Contract;
            }
            else if (_contract?.Disagreement(span.Contract) is { } difference)
            {
                throw new SpanRefusedException(
                    server, span.Range, SpanFailureCode.BadRequest, $"it has '{difference.Other}' where a server before it has '{difference.Own}'");
            }
            else
            {
                _contract = _contract?.With(span.Contract) ?? span.Contract;
            }
        }

        return span;
    }
}
