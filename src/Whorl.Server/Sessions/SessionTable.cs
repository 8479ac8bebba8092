using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Server;

/// <summary>The sessions that peers have open, by owner and id: they outlive the streams that speak to them.</summary>
/// <param name="span">The blocks.</param>
/// <param name="log">Told of sessions that end.</param>
internal sealed class SessionTable(HostedSpan span, ILogger log)
{
    private readonly ConcurrentDictionary<SessionEntry, bool> _all = new();
    private readonly ConcurrentDictionary<(PeerId Owner, Guid Id), SessionEntry> _named = new();

    private readonly ConcurrentDictionary<Guid, SessionEntry> _tickets = new();

    /// <summary>Sessions.</summary>
    public int Count => _all.Count;

    internal ILogger Logger => log;

    /// <summary>Adds a session that was opened.</summary>
    /// <exception cref="ArgumentException">Its owner has another of that id.</exception>
    /// <exception cref="MemoryBudgetException">There is no memory for what it holds beside its cache.</exception>
    public SessionEntry Add(HostedSession session, Guid? id) => Add(session, session.Account.Owner, id);

    /// <summary>Adds a session that its owner is to come for, and that another peer's account bears until then.</summary>
    /// <inheritdoc cref="Add(HostedSession, Guid?)"/>
    public SessionEntry AddHandedOver(HostedSession session, PeerId owner, Guid id, long lastNumber)
    {
        SessionEntry entry = Add(session, owner, id);
        entry.AwaitOwner(lastNumber);
        return entry;
    }

    private SessionEntry Add(HostedSession session, PeerId? owner, Guid? id)
    {
        if (!span.Memory.TryTakeStep(session.Account, SessionEntry.OwnBytes))
        {
            throw new MemoryBudgetException(SessionEntry.OwnBytes, 0, "the memory for steps is in use; close some sessions, wait or go elsewhere");
        }

        SessionEntry entry = new(this, span, session, owner, owner is null ? null : id);
        if (entry.Id is { } named && !_named.TryAdd((owner!, named), entry))
        {
            span.Memory.GiveStep(session.Account, SessionEntry.OwnBytes);
            throw new ArgumentException($"a session of the id {named} is open", nameof(id));
        }

        _all[entry] = true;
        if (session.Account.Owner is not null)
        {
            span.Memory.Add(entry);
        }

        return entry;
    }

    /// <summary>Whether the owner has a session of that id.</summary>
    public SessionEntry? Find(PeerId owner, Guid id) => _named.GetValueOrDefault((owner, id));

    /// <summary>Which session a server may feed that has the ticket.</summary>
    public SessionEntry? FindFed(PeerId feeder, Guid ticket) => _tickets.TryGetValue(ticket, out SessionEntry? entry) && feeder.Equals(entry.Feeder) ? entry : null;

    /// <summary>Lets a session be found by a ticket.</summary>
    /// <exception cref="ArgumentException">Another one is.</exception>
    public void AddTicket(Guid ticket, SessionEntry entry)
    {
        if (!_tickets.TryAdd(ticket, entry))
        {
            throw new ArgumentException("the ticket is another session's; choose another one", nameof(ticket));
        }
    }

    /// <summary>Forgets a ticket.</summary>
    public void RemoveTicket(Guid? ticket)
    {
        if (ticket is { } known)
        {
            _tickets.TryRemove(known, out _);
        }
    }

    /// <summary>Forgets a session that is over.</summary>
    public void Remove(SessionEntry entry)
    {
        span.Memory.Remove(entry);
        _all.TryRemove(entry, out _);
        if (entry.Id is { } id)
        {
            _named.TryRemove((entry.OwnerId!, id), out _);
        }
    }

    /// <summary>All of them, as they are now.</summary>
    public IReadOnlyList<SessionEntry> ToList() => [.. _all.Keys];

    /// <summary>Ends all sessions.</summary>
    public Task CloseAllAsync() => Task.WhenAll(_all.Keys.Select(entry => entry.CloseAsync()));
}
