<?php

namespace think\view;

/** What controllers ask of the template engine before they render anything. */
class Engine
{
    public function layout($name)
    {
        return $this;
    }
}
