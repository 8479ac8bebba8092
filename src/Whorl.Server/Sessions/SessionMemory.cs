using Whorl.Models;
using Whorl.P2P;
using Whorl.P2P.Multiformats;
using Whorl.Tensors;

namespace Whorl.Server;

/// <summary>
/// The one account of what peers make this process hold: sessions, their caches, and the bytes of steps on their way. Everything is taken before
/// it is allocated, whatever the protocol, and nobody's share is all.
/// </summary>
/// <param name="cache">Memory of all caches.</param>
/// <param name="limits">Quotas.</param>
/// <param name="time">The clock.</param>
internal sealed class SessionMemory(MemoryBudget cache, SessionLimits limits, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, PeerAccount> _accounts = [];
    private readonly Dictionary<string, HostAccount> _hosts = [];
    private readonly PeerAccount _own = new(null);
    private readonly HashSet<IEvictable> _evictable = [];
    private readonly LinkedList<AnsweredStep> _kept = new();
    private readonly LinkedList<StepWaiter> _waiting = new();
    private long _stepBytes;
    private int _sessions; // of all peers
    private bool _isLeaving;
    private volatile TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is told to peers that come when this process leaves.</summary>
    public const string LeavingText = "this server leaves and takes no new sessions; go elsewhere";

    /// <summary>Bytes of steps, of all peers.</summary>
    public long StepBytes
    {
        get
        {
            lock (_gate)
            {
                return _stepBytes;
            }
        }
    }

    /// <summary>Peers that hold anything.</summary>
    public int Peers
    {
        get
        {
            lock (_gate)
            {
                return _accounts.Count;
            }
        }
    }

    /// <summary>Whether peers may open no more sessions.</summary>
    public bool IsLeaving
    {
        get
        {
            lock (_gate)
            {
                return _isLeaving;
            }
        }
    }

    /// <summary>Sessions of peers, open or opening.</summary>
    public int Sessions
    {
        get
        {
            lock (_gate)
            {
                return _sessions;
            }
        }
    }

    /// <summary>Bytes of the caches of sessions that no stream speaks to: whoever comes new gets them, so they are as good as free.</summary>
    public long DetachedBytes
    {
        get
        {
            lock (_gate)
            {
                return _evictable.Where(session => session.IsDetached).Sum(session => session.HeldBytes);
            }
        }
    }

    /// <summary>Completes when the next session, whoever's, has given its memory back.</summary>
    public Task NextClosing => _closing.Task;

    /// <summary>Tells those who wait for cache memory that some was given back.</summary>
    public void Closed() => Interlocked.Exchange(ref _closing, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <summary>Counts a peer's sessions before they are opened, and their caches.</summary>
    /// <param name="owner">The peer; null for this process.</param>
    /// <param name="host">Its address, as <see cref="PeerStream.RemoteHost"/> has it.</param>
    /// <param name="sessions">How many.</param>
    /// <param name="bytes">Bytes of all their caches.</param>
    /// <exception cref="MemoryBudgetException">The peer's quota, or its address's, does not hold so much.</exception>
    public PeerAccount Enter(PeerId? owner, string? host, int sessions, long bytes)
    {
        lock (_gate)
        {
            PeerAccount account = AccountOf_NeedsLock(owner, host);
            if (owner is not null)
            {
                if (_isLeaving)
                {
                    throw new MemoryBudgetException(bytes, 0, LeavingText);
                }

                long quota = (long)(cache.Bytes * limits.PeerShare);
                if (account.Sessions + sessions > limits.PeerSessions && account.Sessions > 0)
                {
                    throw new MemoryBudgetException(bytes, 0, $"{account.Sessions} sessions of this peer are open, at most {limits.PeerSessions} may be; close some");
                }

                if (sessions > 1 && _sessions + sessions > limits.Sessions)
                {
                    throw new MemoryBudgetException(bytes, 0, $"{_sessions} sessions are open, at most {limits.Sessions} may be; wait or go elsewhere");
                }

                if (account.CacheBytes > 0 && account.CacheBytes > quota - bytes)
                {
                    throw new MemoryBudgetException(bytes, quota - account.CacheBytes);
                }

                if (account.Host is { } all)
                {
                    if (all.Sessions > 0 && all.Sessions + sessions > limits.HostSessions)
                    {
                        throw new MemoryBudgetException(
                            bytes, 0, $"{all.Sessions} sessions of peers at {all.Name} are open, at most {limits.HostSessions} may be; close some or go elsewhere");
                    }

                    long hosts = (long)(cache.Bytes * limits.HostShare);
                    if (all.CacheBytes > 0 && all.CacheBytes > hosts - bytes)
                    {
                        throw new MemoryBudgetException(bytes, Math.Max(hosts - all.CacheBytes, 0));
                    }
                }

                Know_NeedsLock(owner, account);
                _sessions += sessions;
            }

            account.Sessions += sessions;
            account.CacheBytes += bytes;
            return account;
        }
    }

    /// <summary>Ends what <see cref="Enter"/> counted, or a part of it.</summary>
    public void Leave(PeerAccount account, int sessions, long bytes)
    {
        lock (_gate)
        {
            account.Sessions -= sessions;
            _sessions -= account.Owner is null ? 0 : sessions;
            account.CacheBytes -= bytes;
            Forget_NeedsLock(account);
        }
    }

    /// <summary>Takes cache memory for a peer beside its sessions' own.</summary>
    /// <returns>Whether there is so much, and its quota holds it.</returns>
    public bool TryTakeCache(PeerAccount account, long bytes)
    {
        lock (_gate)
        {
            if (_isLeaving || account.CacheBytes > (long)(cache.Bytes * limits.PeerShare) - bytes
                || account.Host?.CacheBytes > (long)(cache.Bytes * limits.HostShare) - bytes)
            {
                return false;
            }
        }

        try
        {
            cache.Take(bytes);
        }
        catch (MemoryBudgetException)
        {
            return false;
        }

        lock (_gate)
        {
            account.CacheBytes += bytes;
        }

        return true;
    }

    /// <summary>Gives it back.</summary>
    public void GiveCache(PeerAccount account, long bytes)
    {
        cache.Give(bytes);
        Leave(account, 0, bytes);
    }

    /// <summary>Makes a session known that can be given up for others.</summary>
    public void Add(IEvictable session)
    {
        lock (_gate)
        {
            _evictable.Add(session);
        }
    }

    /// <summary>Forgets a session that could be given up.</summary>
    public void Remove(IEvictable session)
    {
        lock (_gate)
        {
            _evictable.Remove(session);
        }
    }

    /// <summary>Finds cache memory where too little is free: of sessions whose stream broke, then of idle ones of peers that hold more than their due.</summary>
    /// <param name="account">Who needs it.</param>
    /// <param name="bytes">How much.</param>
    /// <returns>Whether sessions were given up that held what was missing; their memory is given back soon.</returns>
    public bool TryMakeRoom(PeerAccount account, long bytes)
    {
        List<IEvictable> chosen = [];
        lock (_gate)
        {
            long missing = bytes - cache.Free, due = (long)(cache.Bytes * limits.FairShare), now = time.GetTimestamp();
            Dictionary<PeerAccount, long> held = [];
            foreach (IEvictable session in _evictable.OrderByDescending(s => s.IsDetached).ThenByDescending(s => s.Account.CacheBytes).ThenBy(s => s.LastUse))
            {
                if (missing <= 0)
                {
                    break;
                }

                long holds = held.GetValueOrDefault(session.Account, session.Account.CacheBytes);
                bool isIdle = time.GetElapsedTime(session.LastUse, now) >= limits.Idle;
                bool isOverDue = session.Account != account && holds > due && account.CacheBytes <= due;
                if (session.IsDetached || (isIdle && isOverDue))
                {
                    chosen.Add(session);
                    held[session.Account] = holds - session.CacheBytes;
                    missing -= session.HeldBytes;
                }
            }

            if (missing > 0)
            {
                return false; // nobody is given up in vain
            }
        }

        bool any = false;
        foreach (IEvictable session in chosen) // outside the lock: giving up takes others
        {
            any |= session.TryEvict();
        }

        return any;
    }

    /// <summary>From now on peers open no sessions; those that no stream speaks to are given up.</summary>
    public void Close()
    {
        List<IEvictable> detached;
        lock (_gate)
        {
            _isLeaving = true;
            detached = [.. _evictable.Where(session => session.IsDetached)];
        }

        detached.ForEach(session => session.TryEvict());
    }

    /// <summary>Gives up the sessions of a peer that no stream speaks to.</summary>
    /// <returns>Whether there were any; their memory is given back soon.</returns>
    public bool TryEvictDetached(PeerId? owner)
    {
        List<IEvictable> chosen;
        lock (_gate)
        {
            chosen = [.. _evictable.Where(session => session.IsDetached && Equals(session.Account.Owner, owner))];
        }

        bool any = false;
        foreach (IEvictable session in chosen)
        {
            any |= session.TryEvict();
        }

        return any;
    }

    /// <summary>Takes memory for a step, waiting while others' steps hold it.</summary>
    /// <param name="account">Whose step.</param>
    /// <param name="bytes">All that the step needs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MemoryBudgetException">It is more than a peer may hold, or was not free in time.</exception>
    public ValueTask TakeStepAsync(PeerAccount account, long bytes, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (account.Owner is not null && bytes > Math.Min(limits.PeerStepBytes, limits.StepBytes))
            {
                throw new MemoryBudgetException(bytes, limits.PeerStepBytes, $"the step takes {ByteSize.ToText(bytes)} on its way, at most {ByteSize.ToText(limits.PeerStepBytes)} may be; send fewer rows");
            }

            if (_waiting.Count == 0 && TryTakeStep_NeedsLock(account, bytes))
            {
                return ValueTask.CompletedTask;
            }

            LinkedListNode<StepWaiter> waiter = _waiting.AddLast(new StepWaiter(account, bytes));
            Serve_NeedsLock(); // those before it may wait for themselves
            return new ValueTask(WaitAsync(waiter, cancellationToken));
        }
    }

    /// <summary>Gives a step's memory back.</summary>
    public void GiveStep(PeerAccount account, long bytes)
    {
        if (bytes == 0)
        {
            return;
        }

        lock (_gate)
        {
            GiveStep_NeedsLock(account, bytes);
            Serve_NeedsLock();
        }
    }

    /// <summary>Takes memory for what may as well be dropped.</summary>
    /// <returns>Whether there was enough.</returns>
    public bool TryTakeStep(PeerAccount account, long bytes)
    {
        lock (_gate)
        {
            return _waiting.Count == 0 && TryTakeStep_NeedsLock(account, bytes);
        }
    }

    /// <summary>Lets an answer's memory be had for others' steps until it is needed again.</summary>
    public void Offer(AnsweredStep answer)
    {
        lock (_gate)
        {
            if (answer.Offered.List is null)
            {
                _kept.AddLast(answer.Offered);
                Serve_NeedsLock();
            }
        }
    }

    /// <summary>Takes an offered answer back, if it still is there: it is not dropped from now on.</summary>
    public void Withdraw(AnsweredStep answer)
    {
        lock (_gate)
        {
            if (answer.Offered.List is not null)
            {
                _kept.Remove(answer.Offered);
            }
        }
    }

    /// <summary>The account of a peer that calls, with or without a session, until it departs.</summary>
    public PeerAccount Visit(PeerId? owner, string? host)
    {
        lock (_gate)
        {
            PeerAccount account = AccountOf_NeedsLock(owner, host);
            account.Visits++;
            if (owner is not null)
            {
                Know_NeedsLock(owner, account);
            }

            return account;
        }
    }

    /// <summary>Ends a visit.</summary>
    public void Depart(PeerAccount account)
    {
        lock (_gate)
        {
            account.Visits--;
            Forget_NeedsLock(account);
        }
    }

    private PeerAccount AccountOf_NeedsLock(PeerId? owner, string? host)
    {
        if (owner is null)
        {
            return _own;
        }

        if (_accounts.TryGetValue(owner, out PeerAccount? account))
        {
            return account; // of the address from which it came first, as long as it holds anything
        }

        return new PeerAccount(owner, host is null or HostGroup.Loopback ? null : _hosts.GetValueOrDefault(host) ?? new HostAccount(host));
    }

    private void Know_NeedsLock(PeerId owner, PeerAccount account)
    {
        if (_accounts.TryAdd(owner, account) && account.Host is { } host)
        {
            _hosts[host.Name] = host;
            host.Peers++;
        }
    }

    private void Forget_NeedsLock(PeerAccount account)
    {
        if (account is { Visits: 0, Sessions: 0, CacheBytes: 0, StepBytes: 0, Owner: { } owner } && _accounts.GetValueOrDefault(owner) == account)
        {
            _accounts.Remove(owner);
            if (account.Host is { } host && --host.Peers == 0)
            {
                _hosts.Remove(host.Name);
            }
        }
    }

    private bool TryTakeStep_NeedsLock(PeerAccount account, long bytes)
    {
        bool isBound = account.Owner is not null;
        while (isBound && (bytes > limits.StepBytes - _stepBytes || IsOwnLimit_NeedsLock(account, bytes)))
        {
            bool isOwn = bytes > limits.PeerStepBytes - account.StepBytes, isHosts = IsOwnLimit_NeedsLock(account, bytes);
            LinkedListNode<AnsweredStep>? oldest = _kept.First;
            while (oldest is not null && (isOwn ? oldest.Value.Account != account : isHosts && oldest.Value.Account.Host != account.Host))
            {
                oldest = oldest.Next;
            }

            if (oldest is null)
            {
                return false;
            }

            _kept.Remove(oldest);
            GiveStep_NeedsLock(oldest.Value.Account, oldest.Value.Drop());
        }

        account.StepBytes += bytes;
        _stepBytes += bytes;
        return true;
    }

    /// <summary>Whether steps of the peer itself, or of its address, are what it has to wait for.</summary>
    private bool IsOwnLimit_NeedsLock(PeerAccount account, long bytes) =>
        bytes > limits.PeerStepBytes - account.StepBytes || (account.Host is { StepBytes: > 0 } host && bytes > limits.HostStepBytes - host.StepBytes);

    private void GiveStep_NeedsLock(PeerAccount account, long bytes)
    {
        account.StepBytes -= bytes;
        _stepBytes -= bytes;
        Forget_NeedsLock(account);
    }

    /// <summary>Who came first is served first, unless steps of its own peer or address are what it waits for.</summary>
    private void Serve_NeedsLock()
    {
        for (LinkedListNode<StepWaiter>? node = _waiting.First; node is not null;)
        {
            LinkedListNode<StepWaiter>? next = node.Next;
            if (TryTakeStep_NeedsLock(node.Value.Account, node.Value.Bytes))
            {
                _waiting.Remove(node);
                node.Value.Turn.SetResult();
            }
            else if (!IsOwnLimit_NeedsLock(node.Value.Account, node.Value.Bytes))
            {
                return; // others' steps are in its way, and later ones must not overtake it for ever
            }

            node = next;
        }
    }

    private async Task WaitAsync(LinkedListNode<StepWaiter> waiter, CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Value.Turn.Task.WaitAsync(limits.StepPatience, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                if (waiter.List is not null)
                {
                    _waiting.Remove(waiter);
                }
                else
                {
                    GiveStep_NeedsLock(waiter.Value.Account, waiter.Value.Bytes); // its turn came at the same moment
                }

                Serve_NeedsLock();
            }

            if (e is OperationCanceledException)
            {
                throw;
            }

            throw new MemoryBudgetException(
                waiter.Value.Bytes, 0, $"{waiter.Value.Bytes / 1048576.0:F1} MiB for a step were not free within {limits.StepPatience.TotalSeconds:0} s; try again or go elsewhere");
        }
    }

    private sealed record StepWaiter(PeerAccount Account, long Bytes)
    {
        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
